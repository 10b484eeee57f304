package main_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
)

// plantJobs writes jobs into the data of a server that does not run, as a queue would have left them.
func plantJobs(t *testing.T, dir string, jobs ...follow.Job) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(dir, "voki.db"), bolt.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	require.NoError(t, store.Update(t.Context(), func(tx storage.Tx) error {
		for _, j := range jobs {
			if err := tx.PutJob(j); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestJobs(t *testing.T) {
	at := time.Date(2026, 2, 15, 14, 30, 0, 0, time.UTC)
	failed := follow.Job{
		Tenant: "example", ID: "a1", Queue: "outgoing", Kind: "call.created", CallID: "c1", Seq: 7, Target: "crm", Lane: "c1",
		State: follow.StateFailed, Attempts: 2, CreatedAt: at, Since: at, EndedAt: at.Add(time.Hour),
		LastError: "status 500\n\x1b[31mred",
		Tries: []follow.Try{
			{At: at, Took: 1234567 * time.Microsecond, Outcome: "500", Error: "status 500"},
			{At: at.Add(time.Hour), Took: time.Second, Outcome: "410"},
		},
	}
	waiting := follow.Job{
		Tenant: "example", ID: "a2", Queue: "outgoing", Kind: "call.started", Seq: 8, Lane: "c1", State: follow.StatePending,
		Due: at, CreatedAt: at, Since: at,
	}
	test := func(t *testing.T, dir string) {
		jobs := func(args ...string) result {
			return voki(t, append([]string{"jobs", args[0], "--data", dir, "--tenant", "example"}, args[1:]...)...)
		}
		assert.Equal(t, result{stdout: "ID  QUEUE     KIND          STATE    TRIES  WHEN                  RESULT\n" +
			"a1  outgoing  call.created  failed   2      2026-02-15T15:30:00Z  status 500 [31mred\n" +
			"a2  outgoing  call.started  pending  0      2026-02-15T14:30:00Z  -\n"}, jobs("list"))
		assert.Equal(t, result{stdout: "no jobs\n"}, jobs("list", "--state", "done,running"))
		assert.Equal(t, result{stdout: "no jobs\n"}, jobs("list", "--after", "a2"))
		assert.Contains(t, jobs("list", "--call", "c1").stdout, "a1")
		assert.NotContains(t, jobs("list", "--call", "c1").stdout, "a2")
		assert.Equal(t, "There may be more: --after \"a1\"\n", jobs("list", "--limit", "1").stderr)
		assert.Equal(t, result{code: 1, stderr: "voki: --state \"late\": there are pending, running, done, failed, cancelled\n"},
			jobs("list", "--state", "late"))
		assert.Equal(t, result{code: 1, stderr: "voki: --limit 0: must be 1 to 1000\n"}, jobs("list", "--limit", "0"))

		shown := jobs("show", "a1").stdout
		for _, line := range []string{
			"state        failed\n", "target       crm\n", "event        7\n", "last error   status 500 [31mred\n",
			"try          2026-02-15T14:30:00Z, 1.235s: 500 status 500\n", "try          2026-02-15T15:30:00Z, 1s: 410\n",
		} {
			assert.Contains(t, shown, line)
		}
		assert.Equal(t, result{code: 1, stderr: "voki: job \"x\" of example: job not found\n"}, jobs("show", "x"))

		assert.Contains(t, jobs("cancel", "a2").stdout, "cancelled")
		assert.Equal(t, result{code: 1, stderr: "voki: job \"a2\" of example: the job's state does not allow it\n"}, jobs("cancel", "a2"))
		assert.Contains(t, jobs("retry", "a1").stdout, "pending")
		assert.Equal(t, 1, voki(t, "jobs", "list", "--data", dir, "--tenant", "nobody").code)
		assert.Contains(t, mustVoki(t, "check", "--data", dir), "everything is in order")
	}
	t.Run("server", func(t *testing.T) {
		dir := t.TempDir()
		require.Zero(t, serve(t, dir).stop())
		plantJobs(t, dir, failed, waiting)
		p := serve(t, dir)
		test(t, dir)
		assert.Zero(t, p.stop())
	})
	t.Run("files", func(t *testing.T) {
		dir := t.TempDir()
		require.Zero(t, serve(t, dir).stop())
		plantJobs(t, dir, failed, waiting)
		test(t, dir)
	})
}
