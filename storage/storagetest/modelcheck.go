package storagetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// testModel does the same to a store and to the model, at random, and compares all their answers. What fails is made
// smaller by package rapid, which also says how to run it again.
func testModel(t *testing.T, s suite) {
	dirs, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		h := &history{t: t, suite: s, dir: filepath.Join(dirs, strconv.Itoa(n))}
		h.begin(rt)
		defer func() { _ = h.store.Close() }()
		actions := []func(*rapid.T){h.commit, h.commit, h.rollback, h.list, h.same}
		if s.Persistent {
			actions = append(actions, h.reopen)
		}
		for range rapid.IntRange(1, 24).Draw(rt, "steps") {
			actions[rapid.IntRange(0, len(actions)-1).Draw(rt, "action")](rt)
		}
		h.same(rt)
		check(rt, h.store)
	})
}

// modelWorld is small, so that much happens to the same.
func modelWorld() world {
	return world{
		tenants: []string{"a", "a/b"}, ids: []string{"b", "b/c", "c"}, departments: []string{"c", "d"},
		settings: []string{"a", "b"},
	}
}

// history is what happens to a store and to its model.
type history struct {
	*pair
	t     *testing.T
	suite suite
	dir   string
}

func (h *history) begin(rt *rapid.T) {
	require.NoError(rt, os.Mkdir(h.dir, 0o700))
	h.pair = newPair(h.open())
}

func (h *history) open() storage.Store {
	store := h.suite.Open(h.t, h.dir)
	if h.suite.twice {
		return Twice(store)
	}
	return store
}

func (h *history) reopen(rt *rapid.T) {
	closeStore(rt, h.store)
	h.store = h.open()
	h.same(rt)
}

// same compares all answers of the store and the model.
func (h *history) same(rt *rapid.T) { h.requireSame(rt, modelWorld()) }

// commit makes some changes in one transaction, whose own view of them is the model's too.
func (h *history) commit(rt *rapid.T) {
	inside := h.updateAndLook(rt, modelWorld(), drawChanges(rt))
	want, err := modelWorld().state(h.model)
	require.NoError(rt, err)
	requireAnswers(rt, want, inside)
}

// rollback makes some changes in a transaction that fails.
func (h *history) rollback(rt *rapid.T) {
	change := drawChanges(rt)
	err := h.store.Update(h.t.Context(), func(tx storage.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return errRefused
	})
	require.ErrorIs(rt, err, errRefused)
}

func (h *history) list(rt *rapid.T) {
	random := newRandom(rapid.Uint64().Draw(rt, "query"))
	q := randomQuery(random, pick(h.model.calls, func(call.Call) bool { return true }))
	q.Tenant = rapid.SampledFrom(modelWorld().tenants).Draw(rt, "tenant")
	h.requireList(rt, q)
}

// drawChanges draws some changes, and returns what makes them, as often as it is run.
func drawChanges(rt *rapid.T) func(tx storage.Tx) error {
	changes := rapid.SliceOfN(rapid.Custom(drawChange), 0, 6).Draw(rt, "changes")
	return func(tx storage.Tx) error {
		for _, c := range changes {
			if err := c.make(tx); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	}
}

// change is one operation of a transaction.
type change struct {
	name string
	make func(tx storage.Tx) error
}

func (c change) String() string { return c.name }

func drawChange(rt *rapid.T) change {
	w := modelWorld()
	tenant := rapid.SampledFrom(w.tenants).Draw(rt, "tenant")
	id := rapid.SampledFrom(w.ids).Draw(rt, "id")
	other := rapid.SampledFrom(w.ids).Draw(rt, "other id")
	department := rapid.SampledFrom(w.departments).Draw(rt, "department")
	seed := rapid.IntRange(0, 30).Draw(rt, "seed")
	return rapid.SampledFrom([]change{
		{"put call", func(tx storage.Tx) error { return tx.PutCall(seededCall(tenant, id, department, seed)) }},
		{"put call again", func(tx storage.Tx) error { return tx.PutCall(seededCall(tenant, id, department, seed+1)) }},
		{"append event", func(tx storage.Tx) error { return appendSeeded(tx, tenant, id, seed) }},
		{"add note", func(tx storage.Tx) error { return addNote(tx, tenant, id, seed) }},
		{"erase notes", func(tx storage.Tx) error { return eraseNotes(tx, tenant, id) }},
		{"put tag", func(tx storage.Tx) error { return tx.PutTag(tag.Tag{Tenant: tenant, ID: id, Name: strconv.Itoa(seed)}) }},
		{"delete tag", func(tx storage.Tx) error { return tx.DeleteTag(tenant, id) }},
		{"tag call", func(tx storage.Tx) error { return tx.PutCallTags(tenant, id, []string{other, strconv.Itoa(seed)}) }},
		{"untag call", func(tx storage.Tx) error { return tx.PutCallTags(tenant, id, nil) }},
		{"put waits", func(tx storage.Tx) error {
			return tx.PutWaits(tenant, department, make([]time.Duration, seed%4))
		}},
		{"put file", func(tx storage.Tx) error {
			// A file stays with its call.
			return tx.PutFile(media.File{Tenant: tenant, CallID: w.ids[len(id)%2], ID: id, Size: int64(seed), InsertedAt: at(seed)})
		}},
		{"delete file", func(tx storage.Tx) error { return tx.DeleteFile(tenant, id) }},
		{"put recording", func(tx storage.Tx) error {
			return tx.PutRecording(media.Recording{
				Tenant: tenant, CallID: id, ID: other, Size: int64(seed), InsertedAt: at(seed),
				Tracks: filled[media.Recording](seed).Tracks[:seed%3],
			})
		}},
		{"delete recording", func(tx storage.Tx) error { return tx.DeleteRecording(tenant, id) }},
		{"put part", func(tx storage.Tx) error {
			err := tx.PutDraft(media.Draft{Tenant: tenant, CallID: id, Parts: seed, ActiveAt: at(seed)})
			return errors.Join(err, tx.PutPart(media.Part{
				Tenant: tenant, CallID: id, Track: media.TrackNames()[seed%2], N: seed % modelParts, ID: other,
			}))
		}},
		{"delete draft", func(tx storage.Tx) error { return tx.DeleteDraft(tenant, id) }},
		{"put transcript", func(tx storage.Tx) error {
			return tx.PutTranscript(ai.Transcript{Tenant: tenant, CallID: id, Text: strconv.Itoa(seed), GeneratedAt: at(seed)})
		}},
		{"put summary", func(tx storage.Tx) error {
			return tx.PutSummary(ai.Summary{Tenant: tenant, CallID: id, Text: strconv.Itoa(seed), GeneratedAt: at(seed)})
		}},
		{"delete artifacts", func(tx storage.Tx) error {
			return errors.Join(tx.DeleteTranscript(tenant, id), tx.DeleteSummary(tenant, id))
		}},
		{"put pending", func(tx storage.Tx) error { return tx.PutPending(media.Pending{Key: "files/" + id, Time: at(seed)}) }},
		{"doom pending", func(tx storage.Tx) error { return doom(tx, "files/"+id) }},
		{"delete pending", func(tx storage.Tx) error { return tx.DeletePending("files/" + id) }},
		{"put cursor", func(tx storage.Tx) error { return tx.PutCursor(department, tenant, uint64(seed)) }},
		{"put job", func(tx storage.Tx) error { return tx.PutJob(seededJob(tenant, id, department, seed)) }},
		{"put job again", func(tx storage.Tx) error { return tx.PutJob(seededJob(tenant, id, department, seed+1)) }},
		{"delete job", func(tx storage.Tx) error { return tx.DeleteJob(tenant, id) }},
		{"put setting", func(tx storage.Tx) error { return tx.PutSetting(w.settings[seed%2], fmt.Append(nil, seed)) }},
		{"put all", func(tx storage.Tx) error { return writeAll(tx, tenant, id, seed) }},
	}).Draw(rt, "change")
}

func doom(tx storage.Tx, blob string) error {
	p, found, err := tx.PendingBlob(blob)
	if err != nil || !found {
		return err
	}
	p.Doomed = true
	return tx.PutPending(p)
}

func seededCall(tenant, id, department string, seed int) call.Call {
	c := randomCall(newRandom(uint64(seed)))
	c.Tenant, c.ID, c.Department.ID = tenant, id, department
	if seed%2 == 0 { // of all states it is that in which most happens
		c.Status = call.Queued
	}
	c.AgentConn = call.Participant{Epoch: uint64(seed % 3), Present: seed%2 == 0, Deadline: at(seed)}
	return c
}

func appendSeeded(tx storage.Tx, tenant, callID string, seed int) error {
	e := filled[call.Event](seed)
	e.Tenant, e.CallID = tenant, callID
	written, err := tx.AppendEvent(e)
	if e.Seq = written.Seq; err == nil && e != written {
		err = fmt.Errorf("the event %v comes back as %v", e, written)
	}
	return err
}

func addNote(tx storage.Tx, tenant, callID string, seed int) error {
	e, err := tx.AppendEvent(newEvent(tenant, callID))
	if err != nil {
		return err
	}
	return tx.PutNote(notes.Note{
		Tenant: tenant, CallID: callID, Seq: e.Seq, ID: strconv.Itoa(seed), Time: at(seed), Text: "note",
	})
}

func eraseNotes(tx storage.Tx, tenant, callID string) error {
	all, err := tx.Notes(tenant, callID)
	for _, n := range slices.Backward(all) {
		n.Text, n.Erased = "", true
		err = errors.Join(err, tx.PutNote(n))
	}
	return err
}
