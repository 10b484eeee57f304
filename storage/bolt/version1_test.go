package bolt_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/memory"
)

// jobsOfVersion1 are the jobs in testdata/version1.db.gz: of two tenants and queues, for targets and nobody, in lanes and
// without, in every state.
func jobsOfVersion1() (jobs []follow.Job) {
	at := func(n int) time.Time { return time.Unix(1_700_000_000, 0).UTC().Add(time.Duration(n) * time.Second) }
	for n := range 60 {
		j := follow.Job{
			Tenant: []string{"acme", "globex"}[n%2], ID: fmt.Sprintf("j%02d", n*7%60), Queue: []string{"q", "r"}[n/2%2],
			Kind: "k", CallID: fmt.Sprintf("c%06d", n%5), Seq: uint64(n), Target: []string{"", "t", "u"}[n/4%3],
			State: follow.States()[n%5], Attempts: n % 3, CreatedAt: at(0), Since: at(1),
		}
		if n%3 == 0 {
			j.Lane = fmt.Sprint("lane ", n%2)
		}
		switch {
		case j.State.Ended():
			j.EndedAt = at(100 + n)
		case j.State == follow.StateRunning:
			j.Due, j.Lease = at(n%7), "somebody's"
		case n%4 != 0 || j.Lane == "":
			j.Due = at(n % 7)
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// TestAFileOfVersion1 opens a file that a program of format version 1 has written: it has everything, by all questions,
// as a store that was filled now.
func TestAFileOfVersion1(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	unpack(t, filepath.Join("testdata", "version1.db.gz"), path)
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Check(t.Context()))
	page, err := s.ListCalls(t.Context(), call.Query{Tenant: "acme"})
	require.NoError(t, err)
	require.Equal(t, 7, page.Total)

	fresh := memory.New()
	putJobs := func(tx storage.Tx) error {
		for _, j := range jobsOfVersion1() {
			if err := tx.PutJob(j); err != nil {
				return err
			}
		}
		return nil
	}
	require.NoError(t, fresh.Update(t.Context(), putJobs))
	require.Equal(t, answersAboutJobs(t, fresh), answersAboutJobs(t, s))

	require.NoError(t, s.Update(t.Context(), func(tx storage.Tx) error { // what was brought over is taken away again
		for _, j := range jobsOfVersion1() {
			if err := tx.DeleteJob(j.Tenant, j.ID); err != nil {
				return err
			}
		}
		return putJobs(tx)
	}))
	require.NoError(t, s.Close())
	s = open(t, path)
	require.NoError(t, s.Check(t.Context()))
	require.Equal(t, answersAboutJobs(t, fresh), answersAboutJobs(t, s))
}

// answersAboutJobs asks a store all there is to ask about the jobs of version 1.
func answersAboutJobs(t *testing.T, s storage.Store) (answers []any) {
	t.Helper()
	endOfTime := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	answer := func(v any, err error) {
		require.NoError(t, err)
		require.NotEmpty(t, v)
		answers = append(answers, v)
	}
	require.NoError(t, s.View(t.Context(), func(tx storage.Tx) error {
		for _, queue := range []string{"q", "r"} {
			for _, perTarget := range []int{0, 1, 3} {
				answer(tx.DueJobs(queue, endOfTime, follow.Room{Limit: 100, PerTarget: perTarget}))
			}
			answer(tx.RunningJobs(queue, 100))
			answer(tx.EndedJobs(queue, endOfTime, 100))
		}
		for _, tenant := range []string{"acme", "globex"} {
			answer(tx.Jobs(tenant, follow.Filter{}, "", 100))
			for n := range 5 {
				answer(tx.Jobs(tenant, follow.Filter{CallID: fmt.Sprintf("c%06d", n)}, "", 100))
			}
			for n := range 2 {
				lane, err := tx.LaneJobs(tenant, fmt.Sprint("lane ", n), 100)
				require.NoError(t, err)
				answers = append(answers, lane)
			}
		}
		return nil
	}))
	return answers
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.Open(from)
	require.NoError(t, err)
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o600))
}
