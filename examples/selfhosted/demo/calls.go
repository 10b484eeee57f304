package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
)

const (
	completedCalls = 141 // beside the page's own
	pageDuration   = 345 * time.Second
	shownWaits     = 20 // that the estimate of the wait begins with
)

var (
	department = call.Ref{ID: Department, Name: "Suporte Técnico"}
	agents     = []call.Ref{
		{ID: Attendant, Name: "João Silva"},
		{ID: "f6a7b8c9-d0e1-2345-fabc-456789012345", Name: "Mariana Costa"},
	}
)

// pageCall is the call as the page prints it.
func pageCall() call.Call {
	inserted := time.Date(2026, 2, 15, 14, 29, 48, 0, time.UTC)
	started := inserted.Add(12 * time.Second)
	return call.Call{
		ID: CallID, Status: call.Completed, Department: department, User: agents[0],
		Customer: call.Customer{Name: "Carlos Ferreira", Email: "carlos@email.com", Phone: "+5511999998888"},
		Rating:   5, Notes: "Cliente precisava de ajuda com configuração",
		InsertedAt: inserted, AssignedAt: inserted.Add(7 * time.Second),
		StartedAt: started, EndedAt: started.Add(pageDuration), EndReason: call.EndNormal,
	}
}

func pageTranscript() ai.Transcript {
	return ai.Transcript{
		Tenant: Tenant, CallID: CallID, Language: "pt-BR",
		Text:        "Agent: Good morning, how can I help you?\nCustomer: I need technical support...",
		GeneratedAt: time.Date(2026, 2, 18, 14, 46, 0, 0, time.UTC),
	}
}

func pageSummary() ai.Summary {
	return ai.Summary{
		Tenant: Tenant, CallID: CallID, Provider: "openai", Model: "gpt-4o-mini",
		Text:        "The customer contacted us to resolve a configuration issue...",
		GeneratedAt: time.Date(2026, 2, 18, 14, 46, 30, 0, time.UTC),
	}
}

// others are the calls that the page only counts, and some in the other end states. They are the same at every run, lie
// in the first two weeks of February 2026, and so are all older than the page's own.
func others() []call.Call {
	random := rand.New(rand.NewPCG(2026, 2)) //nolint:gosec // made-up data, the same at every run
	ends := map[call.Status]int{call.Missed: 7, call.Cancelled: 6, call.Abandoned: 5}
	var calls []call.Call
	for i := range completedCalls {
		calls = append(calls, other(random, len(calls), call.Completed, i%14))
	}
	for _, status := range []call.Status{call.Missed, call.Cancelled, call.Abandoned} {
		for i := range ends[status] {
			calls = append(calls, other(random, len(calls), status, i*2))
		}
	}
	return calls
}

// latestWaits is how long the customers of the latest completed calls have waited, oldest first.
func latestWaits() (waits []time.Duration) {
	calls := append(others(), pageCall())
	slices.SortStableFunc(calls, func(a, b call.Call) int { return a.StartedAt.Compare(b.StartedAt) })
	for _, c := range calls[len(calls)-shownWaits:] {
		wait, _ := c.WaitTime()
		waits = append(waits, wait)
	}
	return waits
}

// other makes the n-th call, so many days after the first of February.
func other(random *rand.Rand, n int, status call.Status, day int) call.Call {
	opening := time.Date(2026, 2, 1+day, 9, 0, 0, 0, time.UTC)
	c := call.Call{
		ID:         fmt.Sprintf("019c1a20-0000-7000-8000-%012x", n+1),
		Status:     status,
		Department: department,
		Customer:   customer(random),
		InsertedAt: opening.Add(time.Duration(random.IntN(9*60*60)) * time.Second),
	}
	after := func(from time.Time, least, most int) time.Time {
		return from.Add(time.Duration(least+random.IntN(most-least)) * time.Second)
	}
	switch status {
	case call.Completed:
		c.User = agents[random.IntN(len(agents))]
		c.AssignedAt = after(c.InsertedAt, 3, 90)
		c.StartedAt = after(c.AssignedAt, 2, 30)
		c.EndedAt = after(c.StartedAt, 45, 1500)
		c.EndReason = call.EndNormal
		c.Notes = remarks[random.IntN(len(remarks))]
		if random.IntN(3) > 0 {
			c.Rating = 3 + random.IntN(3)
		}
	case call.Missed:
		c.User = agents[random.IntN(len(agents))]
		c.AssignedAt = after(c.InsertedAt, 3, 90)
		c.EndedAt, c.EndReason = c.AssignedAt.Add(time.Minute), call.EndTimeout
	case call.Abandoned:
		c.EndedAt, c.EndReason = c.InsertedAt.Add(30*time.Minute), call.EndAbandoned
	default:
		c.EndedAt = after(c.InsertedAt, 20, 600)
	}
	return c
}

func customer(random *rand.Rand) call.Customer {
	first, last := firstNames[random.IntN(len(firstNames))], lastNames[random.IntN(len(lastNames))]
	return call.Customer{
		Name:  first + " " + last,
		Email: strings.ReplaceAll(call.Fold(first+"."+last), " ", "") + "@email.com",
		Phone: fmt.Sprintf("+55%d9%08d", areas[random.IntN(len(areas))], random.IntN(100_000_000)),
	}
}

var (
	firstNames = []string{
		"Adriana", "Alice", "André", "Antônio", "Bruna", "Bruno", "Caio", "Clara", "Débora", "Diego", "Eduardo",
		"Fábio", "Fernanda", "Gabriel", "Isabela", "José", "Júlia", "Larissa", "Letícia", "Lucas", "Luís", "Márcia",
		"Mateus", "Patrícia", "Pedro", "Renata", "Rodrigo", "Sofia", "Thiago", "Vitória",
	}
	lastNames = []string{
		"Almeida", "Araújo", "Barbosa", "Batista", "Cardoso", "Carvalho", "Castro", "Correia", "Dias", "Fernandes",
		"Gomes", "Gonçalves", "Lima", "Lopes", "Magalhães", "Martins", "Melo", "Mendes", "Nascimento", "Oliveira",
		"Ribeiro", "Santos", "Souza", "Teixeira", "Vieira",
	}
	areas   = []int{11, 21, 31, 41, 51, 61, 71, 81, 85}
	remarks = []string{
		"", "Cliente orientado sobre o acesso", "Configuração concluída", "Dúvida sobre a fatura esclarecida",
		"Encaminhado para a equipe técnica", "Instalação acompanhada até o fim", "Senha redefinida",
	}
)
