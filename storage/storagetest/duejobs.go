package storagetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

// rooms are such that targets have room for all, some or none of their jobs.
func rooms() (rooms []follow.Room) {
	for _, active := range []map[follow.Target]int{
		nil,
		{{Tenant: "acme", Name: "t"}: 1},
		{{Tenant: "acme", Name: "t"}: 2, {Tenant: "globex", Name: "u"}: 1, {Tenant: "nobody", Name: "t"}: 9},
		{
			{Tenant: "acme", Name: "t"}: 3, {Tenant: "acme", Name: "u"}: 2,
			{Tenant: "globex", Name: "t"}: 2, {Tenant: "globex", Name: "u"}: 2,
		},
		{{Tenant: "acme"}: 9, {Name: "t"}: 9},
	} {
		for _, perTarget := range []int{0, 1, 2, 3, everyRow} {
			for _, limit := range []int{0, 1, 3, everyRow} {
				rooms = append(rooms, follow.Room{Limit: limit, PerTarget: perTarget, Active: active})
			}
		}
	}
	return rooms
}

// requireSameDue compares the answers of both about what is due until some time.
func (p *pair) requireSameDue(t *testing.T, until time.Time, rooms []follow.Room, what string) {
	t.Helper()
	for _, room := range rooms {
		p.requireSameJobs(t, func(tx storage.Tx) ([]follow.Job, error) { return tx.DueJobs("q", until, room) },
			"%s, due until %s with %+v", what, until, room)
	}
}

func dueJobsWithRoom(t *testing.T, p *pair) {
	p.putJobs(t, jobCrowd())
	for _, until := range []time.Time{at(0), at(2), endOfTime} {
		p.requireSameDue(t, until, rooms(), "a crowd")
	}
	require.NotEmpty(t, p.model.allDue("q", endOfTime))
}

// dueLeases is many leases that are over before one for another target, among jobs that wait.
func dueLeases(t *testing.T, p *pair) {
	jobs := make([]follow.Job, 0, 4*9)
	for n := range 9 {
		jobs = append(jobs,
			follow.Job{Tenant: "acme", ID: fmt.Sprint("t", n), Queue: "q", Target: "t", State: follow.StateRunning, Due: at(n / 2)},
			follow.Job{Tenant: "acme", ID: fmt.Sprint("w", n), Queue: "q", Target: "t", State: follow.StatePending, Due: at(n)},
			follow.Job{Tenant: "acme", ID: fmt.Sprint("u", n), Queue: "q", Target: "u", State: follow.StateRunning, Due: at(10 + n)},
			follow.Job{Tenant: "acme", ID: fmt.Sprint("x", n), Queue: "q", Target: "u", State: follow.StatePending, Due: at(12)},
		)
	}
	p.putJobs(t, jobs)
	for _, until := range []time.Time{at(3), at(11), endOfTime} {
		p.requireSameDue(t, until, rooms(), "leases")
	}
}

// dueJobsThatMove changes jobs in every way: those that are the first of their target, and those that are not, come,
// leave, and get another time, target, queue or state.
func dueJobsThatMove(t *testing.T, p *pair) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same jobs in every run
	states := []follow.State{follow.StatePending, follow.StatePending, follow.StateRunning, follow.StateDone}
	for step := range 150 {
		j := follow.Job{
			Tenant: []string{"acme", "globex"}[random.IntN(8)/7], ID: fmt.Sprint("j", random.IntN(7)),
			Queue: []string{"q", "r"}[random.IntN(8)/7], Target: []string{"t", "u", ""}[random.IntN(8)/3],
			State: states[random.IntN(len(states))], Due: at(random.IntN(4)),
		}
		gone := random.IntN(6) == 0
		p.update(t, func(tx storage.Tx) error {
			if gone {
				return tx.DeleteJob(j.Tenant, j.ID)
			}
			return tx.PutJob(j)
		})
		some := rooms()
		random.Shuffle(len(some), func(i, k int) { some[i], some[k] = some[k], some[i] })
		for _, until := range []time.Time{at(1), endOfTime} {
			p.requireSameDue(t, until, some[:8], fmt.Sprintf("after step %d, %+v, deleted %t", step, j, gone))
		}
	}
}
