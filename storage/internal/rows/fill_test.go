package rows_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rows"
	"github.com/avanter/voki/tag"
)

// fill gives every field of a struct a value other than zero, so that a field which is not kept fails a test.
func fill[T any]() (v T) {
	n := 0
	fillValue(reflect.ValueOf(&v).Elem(), &n)
	return v
}

func fillValue(v reflect.Value, n *int) {
	*n++
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.UnixMicro(1_800_000_000_000_000 + int64(*n)).UTC()
		return
	case *call.Status:
		*p = call.Queued // so that a call is in every index
		return
	case *follow.State:
		*p = follow.StatePending
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillValue(v.Index(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	default:
		panic("no value for a " + v.Type().String())
	}
}

// everything is one value of each kind that a store keeps, about one call.
type everything struct {
	call       call.Call
	waits      []time.Duration
	event      call.Event
	tag        tag.Tag
	callTags   []string
	note       notes.Note
	file       media.File
	recording  media.Recording
	draft      media.Draft
	part       media.Part
	pending    media.Pending
	transcript ai.Transcript
	summary    ai.Summary
	setting    []byte
	cursor     uint64
	job, ended follow.Job
	running    follow.Job
}

func newEverything() everything {
	e := everything{
		call: fill[call.Call](), event: fill[call.Event](), tag: fill[tag.Tag](), note: fill[notes.Note](),
		file: fill[media.File](), recording: fill[media.Recording](),
		draft: fill[media.Draft](), part: fill[media.Part](), pending: fill[media.Pending](),
		transcript: fill[ai.Transcript](), summary: fill[ai.Summary](),
		waits: []time.Duration{3, 0, time.Hour}, callTags: []string{"b", "", "a"}, setting: []byte("value"),
		cursor: 7, job: fill[follow.Job](), ended: fill[follow.Job](),
		running: fill[follow.Job](),
	}
	e.ended.ID, e.ended.State = "ended", follow.StateFailed
	e.running.ID, e.running.State = "running", follow.StateRunning
	e.event.Seq = 1
	for _, tenant := range []*string{
		&e.call.Tenant, &e.event.Tenant, &e.tag.Tenant, &e.note.Tenant, &e.file.Tenant, &e.recording.Tenant,
		&e.draft.Tenant, &e.part.Tenant,
		&e.transcript.Tenant, &e.summary.Tenant, &e.job.Tenant, &e.ended.Tenant, &e.running.Tenant,
	} {
		*tenant = "acme"
	}
	for _, id := range []*string{
		&e.call.ID, &e.event.CallID, &e.note.CallID, &e.file.CallID, &e.recording.CallID, &e.transcript.CallID,
		&e.draft.CallID, &e.part.CallID,
		&e.summary.CallID,
	} {
		*id = "c1"
	}
	e.note.Seq = e.event.Seq
	return e
}

// put writes all of it, in an order that keeps the numbers.
func (e everything) put(tx storage.Tx) error {
	_, err := tx.AppendEvent(e.event)
	for range 16 { // so that the timeline of the call has a row, and one event more
		if err == nil {
			_, err = tx.AppendEvent(call.Event{Tenant: "acme", CallID: "c1", Kind: "more"})
		}
	}
	for _, next := range []func() error{
		func() error { return tx.PutCall(e.call) },
		func() error { return tx.PutWaits("acme", "support", e.waits) },
		func() error { return tx.PutTag(e.tag) },
		func() error { return tx.PutCallTags("acme", "c1", e.callTags) },
		func() error { return tx.PutNote(e.note) },
		func() error { return tx.PutFile(e.file) },
		func() error { return tx.PutRecording(e.recording) },
		func() error { return tx.PutDraft(e.draft) },
		func() error { return tx.PutPart(e.part) },
		func() error { return tx.PutPending(e.pending) },
		func() error { return tx.PutTranscript(e.transcript) },
		func() error { return tx.PutSummary(e.summary) },
		func() error { return tx.PutSetting("name", e.setting) },
		func() error { return tx.PutCursor("queue", "acme", e.cursor) },
		func() error { return tx.PutJob(later(e.job)) }, // which reads what is noted of its target, if it is there
		func() error { return tx.PutJob(e.job) },
		func() error { return tx.PutJob(e.ended) },
		func() error { return tx.PutJob(e.running) },
	} {
		if err == nil {
			err = next()
		}
	}
	return err
}

func later(j follow.Job) follow.Job {
	j.Due = j.Due.Add(time.Second)
	return j
}

// get reads all of it, and fails with the first error.
func (e everything) get(tx storage.Tx) (got everything, err error) {
	var events []call.Event
	var all []notes.Note
	var pending []media.Pending
	for _, next := range []func() error{
		func() error { got.call, err = tx.Call("acme", "c1"); return err },
		func() error { got.waits, err = tx.Waits("acme", "support"); return err },
		func() error { events, err = tx.Events("acme", 0, 100); return err },
		func() error { _, err = tx.CallEvents("acme", "c1", 0, 100); return err },
		func() error { got.tag, err = tx.Tag("acme", e.tag.ID); return err },
		func() error { got.callTags, err = tx.CallTags("acme", "c1"); return err },
		func() error { all, err = tx.Notes("acme", "c1"); return err },
		func() error { got.file, err = tx.File("acme", e.file.ID); return err },
		func() error { got.recording, err = tx.Recording("acme", "c1"); return err },
		func() error { got.draft, _, err = tx.Draft("acme", "c1"); return err },
		func() error { got.part, _, err = tx.Part("acme", "c1", e.part.Track, e.part.N); return err },
		func() error { pending, err = tx.Pending(e.pending.Time.Add(1), 1); return err },
		func() error { got.transcript, err = tx.Transcript("acme", "c1"); return err },
		func() error { got.summary, err = tx.Summary("acme", "c1"); return err },
		func() error { got.setting, err = tx.Setting("name"); return err },
		func() error { got.cursor, _, err = tx.Cursor("queue", "acme"); return err },
		func() error { got.job, err = tx.Job("acme", e.job.ID); return err },
		func() error { got.ended, err = tx.Job("acme", e.ended.ID); return err },
		func() error { got.running, err = tx.Job("acme", e.running.ID); return err },
	} {
		if err := next(); err != nil {
			return got, err
		}
	}
	got.event, got.note, got.pending = events[0], all[0], pending[0]
	return got, nil
}

// opened returns a DB in memory that holds everything, with its engine.
func opened(t *testing.T) (*rows.DB, *kv.Memory, everything) {
	t.Helper()
	engine := kv.NewMemory()
	db, e := rows.New(engine), newEverything()
	require.NoError(t, db.Update(t.Context(), e.put))
	require.NoError(t, db.Check(t.Context()))
	return db, engine, e
}
