package storagetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/avanter/voki/call/follow"
)

// This file holds what the model keeps for package follow.

func (m *model) Cursor(queue, tenant string) (seq uint64, found bool, err error) {
	seq, found = m.cursors[key(queue, tenant)]
	return seq, found, nil
}

func (m *model) PutCursor(queue, tenant string, seq uint64) error {
	m.cursors[key(queue, tenant)] = seq
	return nil
}

func (m *model) Job(tenant, id string) (follow.Job, error) {
	j, err := get(m.jobs, tenant, id, follow.ErrNoJob)
	j.Tries = slices.Clone(j.Tries)
	return j, err
}

func (m *model) PutJob(j follow.Job) error {
	j.Tries = slices.Clone(j.Tries)
	m.jobs[key(j.Tenant, j.ID)] = j
	return nil
}

func (m *model) DeleteJob(tenant, id string) error {
	delete(m.jobs, key(tenant, id))
	return nil
}

// pickJobs returns copies of the jobs that match, in order.
func (m *model) pickJobs(match func(j follow.Job) bool, compare func(a, b follow.Job) int, limit int) []follow.Job {
	jobs := pick(m.jobs, match)
	slices.SortFunc(jobs, compare)
	jobs = first(jobs, limit)
	for i := range jobs {
		jobs[i].Tries = slices.Clone(jobs[i].Tries)
	}
	return jobs
}

func compareJobs(a, b follow.Job) int { return compareKeys(key(a.Tenant, a.ID), key(b.Tenant, b.ID)) }

func compareDueJobs(a, b follow.Job) int { return cmp.Or(a.Due.Compare(b.Due), compareJobs(a, b)) }

func compareLane(a, b follow.Job) int {
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
}

func (m *model) DueJobs(queue string, until time.Time, room follow.Room) (jobs []follow.Job, err error) {
	taken := map[follow.Target]int{}
	for _, j := range m.allDue(queue, until) {
		target := follow.Target{Tenant: j.Tenant, Name: j.Target}
		if len(jobs) < room.Limit && taken[target] < room.For(target) {
			taken[target]++
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// allDue returns what is due, whatever room there is.
func (m *model) allDue(queue string, until time.Time) []follow.Job {
	return m.pickJobs(func(j follow.Job) bool {
		return j.Queue == queue && !j.State.Ended() && !j.Due.IsZero() && !j.Due.After(until)
	}, compareDueJobs, everyRow)
}

func (m *model) RunningJobs(queue string, limit int) ([]follow.Job, error) {
	return m.pickJobs(func(j follow.Job) bool {
		return j.Queue == queue && j.State == follow.StateRunning && !j.Due.IsZero()
	}, compareDueJobs, limit), nil
}

func (m *model) LaneJobs(tenant, lane string, limit int) ([]follow.Job, error) {
	return m.pickJobs(func(j follow.Job) bool {
		return lane != "" && j.Tenant == tenant && j.Lane == lane && !j.State.Ended()
	}, compareLane, limit), nil
}

func (m *model) Jobs(tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error) {
	return m.pickJobs(func(j follow.Job) bool {
		return j.Tenant == tenant && j.ID > after && f.Matches(j)
	}, compareJobs, limit), nil
}

func (m *model) EndedJobs(queue string, before time.Time, limit int) ([]follow.Key, error) {
	ended := m.pickJobs(func(j follow.Job) bool {
		return j.Queue == queue && j.State.Ended() && j.EndedAt.Before(before)
	}, func(a, b follow.Job) int {
		return cmp.Or(a.EndedAt.Compare(b.EndedAt), compareJobs(a, b))
	}, limit)
	keys := make([]follow.Key, 0, len(ended))
	for _, j := range ended {
		keys = append(keys, follow.Key{Tenant: j.Tenant, ID: j.ID})
	}
	return keys, nil
}

// seededJob is a job of the queue, which also is its lane; the seed tells what else it is.
func seededJob(tenant, id, queue string, seed int) follow.Job {
	j := filled[follow.Job](seed)
	j.Tenant, j.ID, j.Queue, j.Lane, j.Target = tenant, id, queue, queue, []string{"", "t", "u"}[seed/2%3]
	j.State, j.Seq = follow.States()[seed%len(follow.States())], uint64(seed%3)
	j.Due, j.EndedAt = at(seed%4), at(seed%4)
	if seed%7 == 0 {
		j.Due, j.Lane = time.Time{}, ""
	}
	return j
}
