package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// state is all that a store answers, by question. What is missing or empty has no entry.
type state map[string]any

// world is what the questions to a store are about.
type world struct {
	tenants     []string
	ids         []string // of calls, tags and files
	departments []string // and queues, and lanes
	settings    []string
}

// endOfTime is later than any limit.
var endOfTime = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// modelParts is how many numbers of parts are asked for.
const modelParts = 6

// everyRow is a limit beyond what any test writes.
const everyRow = 10_000

// anyRoom is room for all jobs.
var anyRoom = follow.Room{Limit: everyRow}

// ask puts every question to the store.
func (w world) ask(t tester, store storage.Store) state {
	t.Helper()
	return read(t, store, w.state)
}

// state puts every question to a transaction.
func (w world) state(tx storage.Tx) (state, error) {
	a := &answers{state: state{}}
	for _, tenant := range w.tenants {
		w.tenantState(a, tx, tenant)
	}
	for _, name := range w.settings {
		many[byte](a, "Setting", name)(tx.Setting(name))
	}
	many[call.Key](a, "OpenCalls")(tx.OpenCalls(call.Key{}, everyRow))
	many[media.Recording](a, "Recordings")(tx.Recordings(call.Key{}, everyRow))
	many[media.Draft](a, "Drafts")(tx.Drafts(call.Key{}, everyRow))
	many[call.LogHead](a, "Logs")(tx.Logs("", everyRow))

	due, err := tx.DueCalls(endOfTime, everyRow)
	if !slices.IsSortedFunc(due, func(a, b call.DueCall) int { return a.At.Compare(b.At) }) {
		err = fmt.Errorf("due calls are not ordered by time: %v", due)
	}
	slices.SortFunc(due, compareDue) // equal times may come in any order
	many[call.DueCall](a, "DueCalls")(due, err)

	for _, tenant := range w.tenants {
		for _, id := range w.ids {
			for _, blob := range []string{pendingKey(tenant, id), "files/" + id} {
				p, found, err := tx.PendingBlob(blob)
				maybe(a, p, found, err, "PendingBlob", blob)
			}
		}
	}
	for _, queue := range w.departments {
		many[follow.Job](a, "DueJobs", queue)(tx.DueJobs(queue, endOfTime, anyRoom))
		many[follow.Job](a, "DueJobs one each", queue)(tx.DueJobs(queue, endOfTime, follow.Room{Limit: everyRow, PerTarget: 1}))
		running, err := tx.RunningJobs(queue, everyRow)
		slices.SortFunc(running, compareJobs) // no order is promised
		many[follow.Job](a, "RunningJobs", queue)(running, err)
		ended, err := tx.EndedJobs(queue, endOfTime, everyRow)
		many[follow.Key](a, "EndedJobs", queue)(ended, err)
	}
	pending, err := tx.Pending(endOfTime, everyRow)
	slices.SortFunc(pending, comparePending) // no order is promised
	many[media.Pending](a, "Pending")(pending, err)
	return a.state, errors.Join(a.errs...)
}

func (w world) tenantState(a *answers, tx storage.Tx, tenant string) {
	many[call.Event](a, "Events", tenant)(tx.Events(tenant, 0, everyRow))
	many[tag.Tag](a, "Tags", tenant)(tx.Tags(tenant))
	for _, department := range w.departments {
		many[string](a, "Queue", tenant, department)(tx.Queue(tenant, department))
		many[time.Duration](a, "Waits", tenant, department)(tx.Waits(tenant, department))
		many[follow.Job](a, "LaneJobs", tenant, department)(tx.LaneJobs(tenant, department, everyRow))
		cursor, found, err := tx.Cursor(department, tenant)
		if err != nil {
			a.fail([]string{"Cursor", department, tenant}, err)
		}
		if found {
			a.state[fmt.Sprintf("%q", []string{"Cursor", department, tenant})] = cursor
		}
	}
	many[follow.Job](a, "Jobs", tenant)(tx.Jobs(tenant, follow.Filter{}, "", everyRow))
	for _, id := range w.ids {
		one[follow.Job](a, follow.ErrNoJob, "Job", tenant, id)(tx.Job(tenant, id))
		one[call.Call](a, call.ErrNotFound, "Call", tenant, id)(tx.Call(tenant, id))
		many[call.Event](a, "CallEvents", tenant, id)(tx.CallEvents(tenant, id, 0, everyRow))
		one[tag.Tag](a, tag.ErrNotFound, "Tag", tenant, id)(tx.Tag(tenant, id))
		many[string](a, "CallTags", tenant, id)(tx.CallTags(tenant, id))
		many[notes.Note](a, "Notes", tenant, id)(tx.Notes(tenant, id))
		one[media.File](a, media.ErrFileNotFound, "File", tenant, id)(tx.File(tenant, id))
		many[media.File](a, "Files", tenant, id)(tx.Files(tenant, id))
		one[media.Recording](a, media.ErrNoRecording, "Recording", tenant, id)(tx.Recording(tenant, id))
		draft, found, err := tx.Draft(tenant, id)
		maybe(a, draft, found, err, "Draft", tenant, id)
		many[media.Part](a, "Parts", tenant, id)(tx.Parts(tenant, id))
		for n := range modelParts {
			part, found, err := tx.Part(tenant, id, media.TrackAgent, n)
			maybe(a, part, found, err, "Part", tenant, id, strconv.Itoa(n))
		}
		one[ai.Transcript](a, ai.ErrNoTranscript, "Transcript", tenant, id)(tx.Transcript(tenant, id))
		one[ai.Summary](a, ai.ErrNoSummary, "Summary", tenant, id)(tx.Summary(tenant, id))
	}
}

// answers collects a state, and the errors that are no answer.
type answers struct {
	state state
	errs  []error
}

func (a *answers) fail(question []string, err error) {
	a.errs = append(a.errs, fmt.Errorf("%q: %w", question, err))
}

// one takes the answer to a question for one row, which may be missing.
func one[T any](a *answers, missing error, question ...string) func(T, error) {
	return func(row T, err error) {
		switch {
		case errors.Is(err, missing):
		case err != nil:
			a.fail(question, err)
		default:
			a.state[fmt.Sprintf("%q", question)] = row
		}
	}
}

// maybe takes the answer to a question for one row, which comes with whether it is there.
func maybe[T any](a *answers, row T, found bool, err error, question ...string) {
	if err != nil {
		a.fail(question, err)
	}
	if found {
		a.state[fmt.Sprintf("%q", question)] = row
	}
}

// many takes the answer to a question for any number of rows.
func many[T any](a *answers, question ...string) func([]T, error) {
	return func(rows []T, err error) {
		if err != nil {
			a.fail(question, err)
		}
		if len(rows) > 0 {
			a.state[fmt.Sprintf("%q", question)] = rows
		}
	}
}
