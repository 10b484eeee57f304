// Package sample makes calls such as a company has, for the tests and benchmarks of the backends. It must never know who
// stores them.
package sample

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/avanter/voki/call"
)

var (
	firstNames = []string{
		"Maria", "João", "José", "Ana", "Antônio", "Francisca", "Luís", "Conceição", "Pedro", "Débora", "Adriana", "Márcia",
		"Carlos", "Paulo", "Lucas", "Fernanda", "Patrícia", "Aline", "Sandra", "Camila", "Amanda", "Bruna", "Jéssica",
		"Letícia", "Júlia", "Luciana", "Vanessa", "Mariana", "Gabriela", "Valéria", "Marcos", "Luiz", "Gabriel", "Rafael",
		"Daniel", "Marcelo", "Bruno", "Eduardo", "Felipe", "Rodrigo", "Mateus", "André", "Fábio", "Raimundo", "Sebastião",
	}
	lastNames = []string{
		"Souza", "Gonçalves", "Araújo", "Conceição", "Lima", "Xavier", "Müller", "Sá", "Assunção", "Santos", "Oliveira",
		"Pereira", "Ferreira", "Alves", "Ribeiro", "Carvalho", "Gomes", "Martins", "Rocha", "Barbosa", "Pinto", "Moura",
		"Cavalcanti", "Dias", "Castro", "Campos", "Cardoso", "Correia", "Teixeira", "Nunes", "Moreira", "Mendes", "Freitas",
		"Ramos", "Andrade", "Nogueira", "Queiroz", "Quintana", "Batista", "Vieira", "Monteiro", "Machado", "Duarte", "Farias",
	}
	mailHosts = []string{"gmail.com", "hotmail.com", "uol.com.br", "bol.com.br", "example.com", "yahoo.com.br", "outlook.com"}
)

// Call is the i-th of n calls such as a company has in a year; the same each time.
func Call(i, n int) call.Call {
	r := rand.New(rand.NewPCG(uint64(i), 1)) //nolint:gosec // a sample is no secret
	last := func() string {
		if r.IntN(20) == 0 {
			return "Silva"
		}
		return lastNames[r.IntN(len(lastNames))]
	}
	a, b, c := firstNames[r.IntN(len(firstNames))], last(), last()
	local := fmt.Sprintf("%s.%s%d", a, b, r.IntN(1e6))
	if r.IntN(2) == 0 {
		local = fmt.Sprintf("%s.%s%d", b, c, r.IntN(1e6))
	}
	department, user := r.IntN(12), r.IntN(200)
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(float64(i) / float64(n) * float64(365*24*time.Hour)))
	v := call.Call{
		Tenant: "acme", ID: fmt.Sprintf("%08x-0000-7000-8000-%012x", i, r.Uint64()>>16),
		Status:     call.Completed,
		Department: call.Ref{ID: fmt.Sprint("department-", department), Name: fmt.Sprint("Departamento ", department)},
		User:       call.Ref{ID: fmt.Sprint("user-", user), Name: fmt.Sprint("Agente ", user)},
		Customer: call.Customer{
			Name: a + " " + b + " " + c, Email: call.Fold(local) + "@" + mailHosts[r.IntN(len(mailHosts))],
			Phone: "+55 11 99999-0000",
		},
		Reason: "Dúvida sobre a fatura", InsertedAt: at, Rating: r.IntN(6),
	}
	if r.IntN(100) < 85 {
		v.AssignedAt = at.Add(time.Duration(r.IntN(300)) * time.Second)
		v.StartedAt = v.AssignedAt.Add(time.Duration(r.IntN(60)) * time.Second)
		v.EndedAt = v.StartedAt.Add(time.Duration(r.IntN(3600)) * time.Second)
	} else {
		v.Status = call.Statuses()[r.IntN(7)]
	}
	return v
}
