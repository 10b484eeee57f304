package storagetest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
)

// mutantVariable names the mutant that a process of [TestMutants] is to test.
const mutantVariable = "STORAGETEST_MUTANT"

// TestMutants breaks the naive store, each time in one way, and lets the suite find it: in a process of its own, which
// must fail, and in the tests that are meant for it.
func TestMutants(t *testing.T) {
	all := slices.Concat(mutants(), mediaMutants(), jobMutants())
	if name := os.Getenv(mutantVariable); name != "" {
		at := slices.IndexFunc(all, func(m mutant) bool { return m.name == name })
		Run(t, newDisks().backend(all[at].mutate))
		return
	}
	program, err := os.Executable()
	require.NoError(t, err)
	for _, m := range all {
		for _, test := range strings.Fields(m.found) {
			t.Run(m.name+"/"+test, func(t *testing.T) {
				t.Parallel()
				cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestMutants$/^Once$/^"+test+"$",
					"-test.failfast", "-rapid.nofailfile", "-rapid.shrinktime=0s")
				cmd.Env = append(os.Environ(), mutantVariable+"="+m.name)
				out, err := cmd.CombinedOutput()
				require.NotContains(t, string(out), "panic:")
				require.NotContains(t, string(out), "DATA RACE")
				if m.mutate == nil {
					require.NoError(t, err, "%s", out)
					return
				}
				require.Error(t, err, "%s does not find it", test)
				require.Contains(t, string(out), "--- FAIL: TestMutants/Once/"+test)
			})
		}
	}
}

// mutant is a way to break a store.
type mutant struct {
	name   string
	found  string // the tests that find it, each on its own
	mutate func(s *naive)
}

// mutatedTx is a transaction on the model, some of whose methods may be replaced.
type mutatedTx struct {
	*model
	call      func(tenant, id string) (call.Call, error)
	putCall   func(c call.Call) error
	append    func(e call.Event) (call.Event, error)
	queue     func(tenant, department string) ([]string, error)
	due       func(until time.Time, limit int) ([]call.DueCall, error)
	open      func(after call.Key, limit int) ([]call.Key, error)
	callTags  func(tenant, id string) ([]string, error)
	notes     func(tenant, callID string) ([]notes.Note, error)
	pending   func(before time.Time, limit int) ([]media.Pending, error)
	deleteTag func(tenant, id string) error
	dropFile  func(tenant, id string) error
	dropAudio func(tenant, callID string) error
	dropText  func(tenant, callID string) error
	dropGist  func(tenant, callID string) error
	logs      func(after string, limit int) ([]call.LogHead, error)
	blob      func(key string) (media.Pending, bool, error)
	recorded  func(after call.Key, limit int) ([]media.Recording, error)
	drafts    func(after call.Key, limit int) ([]media.Draft, error)
	dropDraft func(tenant, callID string) error
	parts     func(tenant, callID string) ([]media.Part, error)
	putJob    func(j follow.Job) error
	deleteJob func(tenant, id string) error
	cursor    func(queue, tenant string) (uint64, bool, error)
	jobs      func(tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error)
	dueJobs   func(queue string, until time.Time, room follow.Room) ([]follow.Job, error)
	running   func(queue string, limit int) ([]follow.Job, error)
	laneJobs  func(tenant, lane string, limit int) ([]follow.Job, error)
	endedJobs func(queue string, before time.Time, limit int) ([]follow.Key, error)
}

func (tx *mutatedTx) Call(tenant, id string) (call.Call, error)    { return tx.call(tenant, id) }
func (tx *mutatedTx) PutCall(c call.Call) error                    { return tx.putCall(c) }
func (tx *mutatedTx) AppendEvent(e call.Event) (call.Event, error) { return tx.append(e) }
func (tx *mutatedTx) Queue(tenant, department string) ([]string, error) {
	return tx.queue(tenant, department)
}

func (tx *mutatedTx) DueCalls(until time.Time, limit int) ([]call.DueCall, error) {
	return tx.due(until, limit)
}

func (tx *mutatedTx) OpenCalls(after call.Key, limit int) ([]call.Key, error) {
	return tx.open(after, limit)
}

func (tx *mutatedTx) CallTags(tenant, id string) ([]string, error) { return tx.callTags(tenant, id) }

func (tx *mutatedTx) Notes(tenant, callID string) ([]notes.Note, error) {
	return tx.notes(tenant, callID)
}

func (tx *mutatedTx) Pending(before time.Time, limit int) ([]media.Pending, error) {
	return tx.pending(before, limit)
}
func (tx *mutatedTx) DeleteTag(tenant, id string) error { return tx.deleteTag(tenant, id) }

func (tx *mutatedTx) DeleteFile(tenant, id string) error { return tx.dropFile(tenant, id) }

func (tx *mutatedTx) DeleteRecording(tenant, callID string) error {
	return tx.dropAudio(tenant, callID)
}

func (tx *mutatedTx) DeleteTranscript(tenant, callID string) error {
	return tx.dropText(tenant, callID)
}

func (tx *mutatedTx) DeleteSummary(tenant, callID string) error { return tx.dropGist(tenant, callID) }

func (tx *mutatedTx) Logs(after string, limit int) ([]call.LogHead, error) {
	return tx.logs(after, limit)
}

func (tx *mutatedTx) PendingBlob(key string) (media.Pending, bool, error) { return tx.blob(key) }

func (tx *mutatedTx) Recordings(after call.Key, limit int) ([]media.Recording, error) {
	return tx.recorded(after, limit)
}

func (tx *mutatedTx) Drafts(after call.Key, limit int) ([]media.Draft, error) {
	return tx.drafts(after, limit)
}

func (tx *mutatedTx) DeleteDraft(tenant, callID string) error { return tx.dropDraft(tenant, callID) }

func (tx *mutatedTx) Parts(tenant, callID string) ([]media.Part, error) {
	return tx.parts(tenant, callID)
}

func (tx *mutatedTx) PutJob(j follow.Job) error         { return tx.putJob(j) }
func (tx *mutatedTx) DeleteJob(tenant, id string) error { return tx.deleteJob(tenant, id) }

func (tx *mutatedTx) Cursor(queue, tenant string) (uint64, bool, error) {
	return tx.cursor(queue, tenant)
}

func (tx *mutatedTx) Jobs(tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error) {
	return tx.jobs(tenant, f, after, limit)
}

func (tx *mutatedTx) DueJobs(queue string, until time.Time, room follow.Room) ([]follow.Job, error) {
	return tx.dueJobs(queue, until, room)
}

func (tx *mutatedTx) RunningJobs(queue string, limit int) ([]follow.Job, error) {
	return tx.running(queue, limit)
}

func (tx *mutatedTx) LaneJobs(tenant, lane string, limit int) ([]follow.Job, error) {
	return tx.laneJobs(tenant, lane, limit)
}

func (tx *mutatedTx) EndedJobs(queue string, before time.Time, limit int) ([]follow.Key, error) {
	return tx.endedJobs(queue, before, limit)
}

// inTx is a mutation of transactions.
func inTx(mutate func(tx *mutatedTx, m *model)) func(s *naive) {
	return func(s *naive) {
		s.begin = func(m *model) storage.Tx {
			tx := &mutatedTx{
				model: m, call: m.Call, putCall: m.PutCall, append: m.AppendEvent, queue: m.Queue, due: m.DueCalls,
				open: m.OpenCalls, callTags: m.CallTags, notes: m.Notes, pending: m.Pending, deleteTag: m.DeleteTag,
				logs: m.Logs, blob: m.PendingBlob, recorded: m.Recordings, drafts: m.Drafts, dropDraft: m.DeleteDraft,
				parts: m.Parts, dropFile: m.DeleteFile, dropAudio: m.DeleteRecording, dropText: m.DeleteTranscript,
				dropGist: m.DeleteSummary, putJob: m.PutJob, deleteJob: m.DeleteJob, cursor: m.Cursor, jobs: m.Jobs,
				dueJobs: m.DueJobs, running: m.RunningJobs, laneJobs: m.LaneJobs, endedJobs: m.EndedJobs,
			}
			mutate(tx, m)
			return tx
		}
	}
}

// inList is a mutation of lists.
func inList(list func(m *model, q call.Query) call.Page) func(s *naive) {
	return func(s *naive) { s.list = list }
}

// reorder sorts the page anew, for a store whose pages are not cut.
func reorder(compare func(a, b call.Call, q call.Query) int) func(s *naive) {
	return inList(func(m *model, q call.Query) call.Page {
		page := m.list(q)
		slices.SortStableFunc(page.Calls, func(a, b call.Call) int { return compare(a, b, q) })
		return page
	})
}

func joined(k call.Key) string { return k.Tenant + "/" + k.ID }
