package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/avanter/voki/call"
)

// data is the calls of a run. The same number gives the same call in every process: nothing is sent around.
type data struct {
	Calls   int
	Tenants int // calls are dealt to them in turns
}

const (
	seed        = 20260215
	departments = 12
	agents      = 200
	// A tenth of all calls has the common word in name or address, one of so many the rare one in the address.
	commonWord, rareWord = "silva", "xavier.q"
	rareOneOf            = 3000
)

var (
	yearBegin = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	year      = 365 * 24 * time.Hour
)

func tenantName(n int) string                 { return fmt.Sprintf("t%05d", n) }
func departmentID(n int) string               { return fmt.Sprintf("dep-%02d", n) }
func agentID(n int) string                    { return fmt.Sprintf("agent-%03d", n) }
func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// call makes the n-th call in the order of arrival. Neither times nor ids ever go back.
func (d data) call(n int) call.Call {
	r := rand.New(rand.NewPCG(seed, uint64(n))) //nolint:gosec // the data is to be the same in every process
	step := year / time.Duration(d.Calls)
	arrived := yearBegin.Add(time.Duration(n)*step + time.Duration(r.Int64N(int64(step))))
	department, agent := r.IntN(departments), r.IntN(agents)
	c := call.Call{
		Tenant: tenantName(n % d.Tenants), ID: idAt(arrived, r), Status: status(r),
		Department: call.Ref{ID: departmentID(department), Name: departmentNames[department]},
		Reason:     pick(r, reasons),
		InsertedAt: arrived.Truncate(time.Second),
	}
	c.ChangedAt = c.InsertedAt
	c.Customer = customer(n, r)
	wait := time.Duration(5+r.IntN(900)) * time.Second
	switch c.Status {
	case call.Queued:
		return c
	case call.Cancelled, call.Abandoned:
		c.EndedAt = c.InsertedAt.Add(wait)
		if c.ChangedAt = c.EndedAt; c.Status == call.Abandoned {
			c.EndReason = call.EndAbandoned
		}
		return c
	}
	c.User = call.Ref{ID: agentID(agent), Name: firstNames[agent%len(firstNames)] + " " + lastNames[agent%len(lastNames)]}
	c.AssignedAt = c.InsertedAt.Add(wait / 2)
	c.ChangedAt = c.AssignedAt
	switch c.Status {
	case call.Assigned:
		return c
	case call.Missed:
		c.EndedAt, c.EndReason = c.AssignedAt.Add(time.Minute), call.EndTimeout
		c.ChangedAt = c.EndedAt
		return c
	}
	c.StartedAt = c.InsertedAt.Add(wait)
	if c.ChangedAt = c.StartedAt; c.Status == call.Active {
		return c
	}
	// Most talks are short, a few are long.
	c.EndedAt = c.StartedAt.Add(time.Duration(20+r.ExpFloat64()*420) * time.Second)
	c.ChangedAt, c.EndReason, c.HasRecording = c.EndedAt, call.EndNormal, r.IntN(10) < 7
	if r.IntN(10) < 6 {
		c.Rating = 1 + r.IntN(5)
	}
	if r.IntN(10) < 3 {
		c.Notes = pick(r, agentNotes)
	}
	return c
}

// status is completed for 85 % of the calls.
func status(r *rand.Rand) call.Status {
	switch p := r.IntN(1000); {
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

func customer(n int, r *rand.Rand) call.Customer {
	first, last := pick(r, firstNames), pick(r, lastNames)
	if r.IntN(2) == 0 {
		last = pick(r, lastNames) + " " + last
	}
	address := last[strings.LastIndexByte(last, ' ')+1:]
	if r.IntN(10) == 0 {
		if address = "Silva"; r.IntN(5) > 0 { // else only the address has it
			last += " da Silva"
		}
	}
	local := call.Fold(first) + "." + call.Fold(address)
	if n%rareOneOf == rareOneOf/2 {
		local = rareWord
	}
	c := call.Customer{
		Name:  first + " " + last,
		Email: fmt.Sprintf("%s%d@%s", local, r.IntN(100_000), pick(r, domains)),
		Phone: fmt.Sprintf("+55 %02d 9%04d-%04d", 11+r.IntN(89), r.IntN(10_000), r.IntN(10_000)),
	}
	if n%20 == 3 { // some give no address
		c.Email = ""
	}
	return c
}

// idAt is a UUIDv7 of that time.
func idAt(t time.Time, r *rand.Rand) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	binary.BigEndian.PutUint64(id[:8], uint64(t.UnixMilli())<<16|uint64(r.Uint32()&0x0fff))
	id[6] |= 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// folded is what the peers search in: names and addresses as Voki compares them. No question holds a line break.
func folded(c call.Call) (name, both string) {
	name = call.Fold(c.Customer.Name)
	return name, name + "\n" + call.Fold(c.Customer.Email)
}
