package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
)

func testJobs(t *testing.T, s suite) {
	t.Run("what was put comes back in every field", func(t *testing.T) { jobsRoundTrip(t, s.fresh(t)) })
	t.Run("cursors", func(t *testing.T) { jobCursors(t, s.fresh(t)) })
	t.Run("follow the job through its states", func(t *testing.T) { jobsMove(t, s.fresh(t)) })
	t.Run("orders and limits", func(t *testing.T) { jobOrders(t, newPair(s.fresh(t))) })
	t.Run("due jobs that there is room for", func(t *testing.T) { dueJobsWithRoom(t, newPair(s.fresh(t))) })
	t.Run("leases that are over", func(t *testing.T) { dueLeases(t, newPair(s.fresh(t))) })
	t.Run("due jobs that move", func(t *testing.T) { dueJobsThatMove(t, newPair(s.fresh(t))) })
	t.Run("filters", func(t *testing.T) { jobFilters(t, newPair(s.fresh(t))) })
	t.Run("tries are copies", func(t *testing.T) { jobTriesAreCopies(t, s.fresh(t)) })
}

func putJobs(t tester, store storage.Store, jobs ...follow.Job) {
	t.Helper()
	update(t, store, func(tx storage.Tx) error {
		for _, j := range jobs {
			if err := tx.PutJob(j); err != nil {
				return err
			}
		}
		return nil
	})
}

func getJob(t tester, store storage.Store, tenant, id string) follow.Job {
	t.Helper()
	return read(t, store, func(tx storage.Tx) (follow.Job, error) { return tx.Job(tenant, id) })
}

func jobsRoundTrip(t *testing.T, store storage.Store) {
	for seed := range 2 * len(follow.States()) {
		j := filled[follow.Job](seed + 1)
		putJobs(t, store, j)
		require.Equal(t, j, getJob(t, store, j.Tenant, j.ID))

		bare := follow.Job{Tenant: j.Tenant, ID: j.ID, State: j.State}
		putJobs(t, store, bare)
		require.Equal(t, bare, getJob(t, store, j.Tenant, j.ID), "a field without a value stays without")
	}
	view(t, store, func(tx storage.Tx) error {
		_, err := tx.Job("acme", "nothing")
		require.ErrorIs(t, err, follow.ErrNoJob)
		return nil
	})
	update(t, store, func(tx storage.Tx) error { return tx.DeleteJob("acme", "nothing") })
}

func jobCursors(t *testing.T, store storage.Store) {
	requireCursor := func(queue, tenant string, want uint64, there bool) {
		t.Helper()
		view(t, store, func(tx storage.Tx) error {
			seq, found, err := tx.Cursor(queue, tenant)
			require.Equal(t, want, seq)
			require.Equal(t, there, found, "cursor of %q in %q", queue, tenant)
			return err
		})
	}
	put := func(tenant string, seq uint64) {
		t.Helper()
		update(t, store, func(tx storage.Tx) error { return tx.PutCursor("q", tenant, seq) })
	}
	requireCursor("q", "acme", 0, false)
	put("acme", 0)
	requireCursor("q", "acme", 0, true)
	put("acme", 1<<63)
	requireCursor("q", "acme", 1<<63, true)
	put("acme", 3)
	requireCursor("q", "acme", 3, true)
	requireCursor("q", "", 0, false)
	put("", 1)
	requireCursor("q", "", 1, true)
	requireCursor("acme", "q", 0, false)
	requireCursor("q", "acme", 3, true)
}

// jobsMove leads one job through its life, and looks by which questions it is found at each step.
func jobsMove(t *testing.T, store storage.Store) {
	j := follow.Job{Tenant: "acme", ID: "j", Queue: "q", Lane: "l", Seq: 5, State: follow.StatePending}
	step := func(what string, due, running, lane, ended bool, change func()) {
		t.Helper()
		change()
		putJobs(t, store, j)
		jobs := func(there bool) []follow.Job {
			if there {
				return []follow.Job{j}
			}
			return nil
		}
		view(t, store, func(tx storage.Tx) error {
			got, err := tx.DueJobs("q", endOfTime, anyRoom)
			requireSame(t, jobs(due), got, what+": DueJobs")
			require.NoError(t, err)
			got, err = tx.RunningJobs("q", everyRow)
			requireSame(t, jobs(running), got, what+": RunningJobs")
			require.NoError(t, err)
			got, err = tx.LaneJobs("acme", "l", everyRow)
			requireSame(t, jobs(lane), got, what+": LaneJobs")
			require.NoError(t, err)
			keys, err := tx.EndedJobs("q", endOfTime, everyRow)
			require.Equal(t, ended, len(keys) == 1, "%s: EndedJobs", what)
			return err
		})
	}
	step("waits in the lane", false, false, true, false, func() {})
	step("has its turn", true, false, true, false, func() { j.Due = at(1) })
	step("runs", true, true, true, false, func() { j.State, j.Due, j.Lease = follow.StateRunning, at(60), "w" })
	step("is tried again", true, false, true, false, func() { j.State, j.Due, j.Lease = follow.StatePending, at(70), "" })
	step("has failed", false, false, false, true, func() { j.State, j.EndedAt = follow.StateFailed, at(80) })
	step("is retried", true, false, true, false, func() { j.State, j.Due, j.EndedAt = follow.StatePending, at(90), time.Time{} })
	step("is done", false, false, false, true, func() { j.State, j.EndedAt = follow.StateDone, at(91) })
	step("is cancelled", false, false, false, true, func() { j.State, j.EndedAt = follow.StateCancelled, at(92) })
	step("without a lane", true, false, false, false, func() { j.State, j.Lane = follow.StatePending, "" })
	update(t, store, func(tx storage.Tx) error { return tx.DeleteJob("acme", "j") })
	view(t, store, func(tx storage.Tx) error {
		got, err := tx.DueJobs("q", endOfTime, anyRoom)
		require.Empty(t, got, "deleted")
		return err
	})
}

// jobCrowd is jobs whose times and numbers meet in every way.
func jobCrowd() (jobs []follow.Job) {
	for seed := range 60 {
		j := seededJob([]string{"acme", "globex"}[seed%2], fmt.Sprint("j", seed*7%60), []string{"q", "r"}[seed%3%2], seed)
		j.Target = []string{"", "t", "u"}[seed/6%3]
		jobs = append(jobs, j)
	}
	return jobs
}

func (p *pair) putJobs(t *testing.T, jobs []follow.Job) {
	t.Helper()
	p.update(t, func(tx storage.Tx) error {
		for _, j := range jobs {
			if err := tx.PutJob(j); err != nil {
				return err
			}
		}
		return nil
	})
}

// requireSameJobs compares the answers of both to a question.
func (p *pair) requireSameJobs(t *testing.T, ask func(tx storage.Tx) ([]follow.Job, error), what string, args ...any) {
	t.Helper()
	want, err := ask(p.model)
	require.NoError(t, err)
	got := read(t, p.store, ask)
	requireSame(t, want, got, fmt.Sprintf(what, args...))
}

func jobOrders(t *testing.T, p *pair) {
	p.putJobs(t, jobCrowd())
	for _, limit := range []int{0, 1, 2, 3, 5, everyRow} {
		for _, until := range []time.Time{{}, at(-1), at(0), at(1).Add(-time.Microsecond), at(1), at(2), endOfTime} {
			p.requireSameJobs(t, func(tx storage.Tx) ([]follow.Job, error) { return tx.DueJobs("q", until, follow.Room{Limit: limit}) },
				"due until %s, limit %d", until, limit)
			want, err := p.model.EndedJobs("q", until, limit)
			require.NoError(t, err)
			got := read(t, p.store, func(tx storage.Tx) ([]follow.Key, error) { return tx.EndedJobs("q", until, limit) })
			require.ElementsMatch(t, want, got, "ended before %s, limit %d", until, limit)
		}
		for _, tenant := range []string{"acme", "globex", "nobody"} {
			p.requireSameJobs(t, func(tx storage.Tx) ([]follow.Job, error) { return tx.LaneJobs(tenant, "q", limit) },
				"lane of %s, limit %d", tenant, limit)
			p.requireSameJobs(t, func(tx storage.Tx) ([]follow.Job, error) { return tx.LaneJobs(tenant, "", limit) },
				"no lane of %s, limit %d", tenant, limit)
			for _, after := range []string{"", "j", "j1", "j30", "j30x", "k"} {
				p.requireSameJobs(t, func(tx storage.Tx) ([]follow.Job, error) {
					return tx.Jobs(tenant, follow.Filter{}, after, limit)
				}, "jobs of %s after %q, limit %d", tenant, after, limit)
			}
		}
	}
	for limit := 1; limit < 8; limit++ { // of those that run, any will do
		all, err := p.model.RunningJobs("q", everyRow)
		require.NoError(t, err)
		got := read(t, p.store, func(tx storage.Tx) ([]follow.Job, error) { return tx.RunningJobs("q", limit) })
		require.Len(t, got, min(limit, len(all)))
		require.Subset(t, all, got)
	}
}

func jobFilters(t *testing.T, p *pair) {
	jobs := jobCrowd()
	for i := range jobs {
		jobs[i].Kind, jobs[i].CallID = []string{"k", "l"}[i%2], []string{"c2", "", "c1"}[i%3]
	}
	p.putJobs(t, jobs)
	for i := range jobs { // they are found by the call that they have last
		jobs[i].CallID = []string{"", "c1", "c2"}[i%3]
	}
	p.putJobs(t, jobs)
	for _, f := range []follow.Filter{
		{Queue: "q"},
		{Kind: "k"},
		{Target: "t"},
		{CallID: "c1"},
		{CallID: "c2", States: []follow.State{follow.StatePending}},
		{CallID: "c"},
		{States: []follow.State{follow.StateFailed}},
		{States: []follow.State{follow.StatePending, follow.StateDone}},
		{Queue: "r", Kind: "k", Target: "u", CallID: "c2", States: follow.States()},
		{Queue: "nothing"},
	} {
		for _, limit := range []int{1, 4, everyRow} {
			p.requireSameJobs(t, func(tx storage.Tx) ([]follow.Job, error) { return tx.Jobs("acme", f, "j2", limit) },
				"%+v, limit %d", f, limit)
		}
	}
}

func jobTriesAreCopies(t *testing.T, store storage.Store) {
	want := filled[follow.Job](1)
	update(t, store, func(tx storage.Tx) error {
		j := filled[follow.Job](1)
		if err := tx.PutJob(j); err != nil {
			return err
		}
		spoil(j.Tries)
		got, err := tx.Job(want.Tenant, want.ID)
		spoil(got.Tries)
		return err
	})
	got := getJob(t, store, want.Tenant, want.ID)
	require.Equal(t, want, got)
	spoil(got.Tries)
	require.Equal(t, want, getJob(t, store, want.Tenant, want.ID))
}
