package callindex_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/avanter/voki/call"
)

// The calls of bench/calls, by which the list is measured over HTTP: the same names, addresses, states and times.
var (
	deskFirsts = strings.Fields(`Ana João Maria José Antônio Luís Márcia Patrícia Cláudia Sérgio Mônica André Letícia
		Vinícius Fábio Débora Flávia César Rogério Thaís Júlia Inês Otávio Beatriz Camila Carlos Daniel Eduardo Fernanda
		Gabriel Helena Igor Juliana Larissa Marcos Natália Paulo Rafael Renata Roberto Simone Tatiana Vera Wagner Yara
		Zélia Conceição Caetano Aparecida Estêvão`)
	deskLasts = strings.Fields(`Souza Araújo Gonçalves Conceição Assunção Falcão Brandão Magalhães Guimarães Simões Falcón
		Müller Oliveira Santos Pereira Ferreira Rodrigues Alves Lima Gomes Ribeiro Martins Carvalho Almeida Lopes Soares
		Fernandes Vieira Barbosa Rocha Dias Nunes Moreira Cardoso Teixeira Correia Cavalcânti Melo Pinto Freitas Monteiro
		Moraes Ramos Nascimento Cunha Farias Leão Galvão Sá Queirós Antunes Batista Fonseca`)
	deskHosts = strings.Fields("exemplo.com.br correio.example mail.example.com empresa.example caixa.example.org")
)

func deskCalls(n int) []call.Call {
	all := make([]call.Call, n)
	for i := range all {
		all[i] = deskCall(i, n)
	}
	return all
}

// deskCall is the i-th of n calls of a year. Neither times nor ids ever go back.
func deskCall(i, n int) call.Call {
	r := rand.New(rand.NewPCG(20260215, uint64(i)))
	step := 365 * 24 * time.Hour / time.Duration(n)
	arrived := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i)*step + time.Duration(r.Int64N(int64(step))))
	department, agent := r.IntN(12), r.IntN(200)
	c := call.Call{
		Tenant: "acme", ID: deskID(arrived, r), Status: deskStatus(r.IntN(1000)),
		Department: call.Ref{ID: fmt.Sprintf("dep-%02d", department), Name: fmt.Sprint("Departamento ", department)},
		InsertedAt: arrived.Truncate(time.Second),
	}
	r.IntN(10)
	c.Customer = deskCustomer(i, r)
	wait := time.Duration(5+r.IntN(900)) * time.Second
	switch c.Status {
	case call.Queued:
		return c
	case call.Cancelled, call.Abandoned:
		c.EndedAt = c.InsertedAt.Add(wait)
		return c
	}
	c.User = call.Ref{
		ID:   fmt.Sprintf("agent-%03d", agent),
		Name: deskFirsts[agent%len(deskFirsts)] + " " + deskLasts[agent%len(deskLasts)],
	}
	c.AssignedAt = c.InsertedAt.Add(wait / 2)
	switch c.Status {
	case call.Assigned:
		return c
	case call.Missed:
		c.EndedAt = c.AssignedAt.Add(time.Minute)
		return c
	}
	c.StartedAt = c.InsertedAt.Add(wait)
	if c.Status == call.Active {
		return c
	}
	c.EndedAt = c.StartedAt.Add(time.Duration(20+r.ExpFloat64()*420) * time.Second)
	if r.IntN(10); r.IntN(10) < 6 {
		c.Rating = 1 + r.IntN(5)
	}
	return c
}

func deskStatus(p int) call.Status {
	switch {
	case p < 850:
		return call.Completed
	case p < 895:
		return call.Missed
	case p < 945:
		return call.Cancelled
	case p < 990:
		return call.Abandoned
	case p < 993:
		return call.Queued
	case p < 995:
		return call.Assigned
	}
	return call.Active
}

// deskCustomer has silva in name or address once in ten times, and xavier.q in the address once in 3,000.
func deskCustomer(i int, r *rand.Rand) call.Customer {
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	first, last := pick(deskFirsts), pick(deskLasts)
	if r.IntN(2) == 0 {
		last = pick(deskLasts) + " " + last
	}
	address := last[strings.LastIndexByte(last, ' ')+1:]
	if r.IntN(10) == 0 {
		if address = "Silva"; r.IntN(5) > 0 { // else only the address has it
			last += " da Silva"
		}
	}
	local := call.Fold(first) + "." + call.Fold(address)
	if i%3000 == 1500 {
		local = "xavier.q"
	}
	c := call.Customer{Name: first + " " + last, Email: fmt.Sprintf("%s%d@%s", local, r.IntN(100_000), pick(deskHosts))}
	if i%20 == 3 { // some give no address
		c.Email = ""
	}
	return c
}

func deskID(at time.Time, r *rand.Rand) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|uint64(r.Uint32()&0x0fff))
	id[6] |= 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// randomLocal is letters and digits at random.
func randomLocal(i int) string {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	local := make([]byte, 20)
	for i := range local {
		local[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)]
	}
	return string(local)
}
