package privacy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

// maria's word is in all that is kept about her.
var (
	maria = call.Customer{Name: "Maria Quixotex", Email: "maria@quixotex.example", Phone: "+55 (11) 98765-4321"}
	joao  = call.Customer{Name: "João", Email: "joao@example.com", Phone: "+55 11 98765-4322"}
)

const hers = "quixotex"

func TestErase(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		first := w.full(t, maria, hers)
		other := w.full(t, joao, "of another customer")
		bare := w.complete(t, w.enqueue(t, call.Customer{Name: "M. Quixotex", Phone: "5511987654321"}, hers), hers)
		require.Contains(t, strings.ToLower(w.everything(t)), hers)
		before, its := w.callText(t, other.ID), w.blobCount(t)
		subject := privacy.Subject{Email: " MARIA@quixotex.example", Phone: "5511987654321"}

		want := privacy.Report{
			DryRun: true, Calls: []string{first.ID, bare.ID}, Open: []string{},
			Gone: call.Erasure{Notes: 2, Files: 2, Recordings: 1, Transcripts: 1, Summaries: 1},
		}
		all := w.everything(t)
		preview, err := w.Privacy.Preview(t.Context(), manager, subject)
		require.NoError(t, err)
		assert.Equal(t, want, preview)
		assert.Equal(t, all, w.everything(t), "a preview changes nothing")

		want.DryRun = false
		assert.Equal(t, want, w.erase(t, subject))
		assert.NotContains(t, strings.ToLower(w.everything(t)), hers)
		assert.NotContains(t, w.everything(t), "98765-4321")
		assert.Equal(t, before, w.callText(t, other.ID))
		assert.Equal(t, its-3, w.blobCount(t))

		// What the company needs of the call is there, and the list finds and orders it.
		c, err := w.Calls.Get(t.Context(), manager, first.ID)
		require.NoError(t, err)
		kept := first
		kept.Customer, kept.Reason, kept.Notes, kept.Comment = call.Customer{Name: call.ErasedName}, "", "", ""
		kept.HasRecording, kept.ChangedAt, kept.ErasedAt = false, c.ErasedAt, c.ErasedAt
		assert.Equal(t, kept, c)
		assert.True(t, c.Erased())
		for search, total := range map[string]int{"erased customer": 2, hers: 0, maria.Email: 0} {
			page, err := w.Calls.List(t.Context(), manager, call.Query{Search: search, Sort: call.SortCustomerName})
			require.NoError(t, err)
			assert.Equal(t, total, page.Total, search)
		}
		d, err := w.Detail(t.Context(), manager, first.ID)
		require.NoError(t, err)
		assert.Equal(t, 2, strings.Count(d.Notes, "erased] (erased)"))
		_, err = w.Media.Recording(t.Context(), manager, first.ID)
		assert.ErrorIs(t, err, media.ErrNoRecording)

		events, err := w.Calls.Timeline(t.Context(), manager, first.ID)
		require.NoError(t, err)
		assert.Equal(t, call.KindCreated, events[0].Kind)
		last := events[len(events)-1]
		assert.Equal(t, call.Event{
			Tenant: "acme", Seq: last.Seq, Time: c.ErasedAt, CallID: first.ID, Kind: call.KindErased, Actor: "mia",
			Data: call.Data{Erased: want.Gone},
		}, last)

		assert.Equal(t, privacy.Report{Calls: []string{}, Open: []string{}}, w.erase(t, subject), "nothing is left")
	})
}

// TestEraseIsRefusedWhileACallIsOpen: nothing is changed, and the calls are named.
func TestEraseIsRefusedWhileACallIsOpen(t *testing.T) {
	w := newWorld(t, memory.New(), nil)
	ended := w.full(t, maria, hers)
	open := w.enqueue(t, maria, hers)
	before := w.everything(t)
	subject := privacy.Subject{Email: maria.Email}

	_, err := w.Privacy.Erase(t.Context(), manager, subject)
	var wrong *privacy.OpenError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, []string{open.ID}, wrong.Calls)
	assert.ErrorIs(t, err, call.ErrRefused)
	assert.EqualError(t, err, "these calls of the customer have not ended: "+open.ID)
	assert.Equal(t, before, w.everything(t))

	preview, err := w.Privacy.Preview(t.Context(), manager, subject)
	require.NoError(t, err)
	assert.Equal(t, []string{open.ID}, preview.Open)
	assert.Equal(t, []string{ended.ID}, preview.Calls)

	_, err = w.Calls.Leave(t.Context(), "acme", open.ID, call.SideCustomer)
	require.NoError(t, err)
	assert.Equal(t, []string{ended.ID, open.ID}, w.erase(t, subject).Calls)
}

// TestEraseACallWhoseLimitNobodyNoticed: it has ended, although no process was there to say so.
func TestEraseACallWhoseLimitNobodyNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := voki.New(voki.Options{Store: memory.New()})
		require.NoError(t, err)
		c, err := v.Calls.Enqueue(t.Context(), call.Intake{Tenant: "acme", Department: "support", Customer: maria})
		require.NoError(t, err)
		time.Sleep(30 * time.Minute)
		r, err := v.Privacy.Erase(t.Context(), manager, privacy.Subject{Phone: maria.Phone})
		require.NoError(t, err)
		assert.Equal(t, []string{c.ID}, r.Calls)
		c, err = v.Calls.Get(t.Context(), manager, c.ID)
		require.NoError(t, err)
		assert.Equal(t, call.Abandoned, c.Status)
	})
}

// TestErasedStaysErased: what comes late, or again, is refused and leaves no byte.
func TestErasedStaysErased(t *testing.T) {
	w := newWorld(t, memory.New(), nil)
	c := w.complete(t, w.enqueue(t, maria, hers), "")
	imported := c
	w.erase(t, privacy.Subject{Email: maria.Email})
	before := w.everything(t)
	for name, late := range map[string]func() error{
		"upload": func() error {
			_, err := w.Media.Upload(t.Context(), supervisor, c.ID, media.Content{Name: "a", Reader: strings.NewReader(hers)})
			return err
		},
		"recording": func() error {
			_, err := w.Media.PutRecording(t.Context(), supervisor, c.ID, 0, strings.NewReader(hers))
			return err
		},
		"part": func() error {
			_, _, err := w.Media.PutPart(t.Context(), supervisor, c.ID, media.TrackAgent, 0, strings.NewReader(video+hers))
			return err
		},
		"finish": func() error {
			_, _, err := w.Media.Finish(t.Context(), supervisor, c.ID, nil)
			return err
		},
		"transcript": func() error {
			return w.AI.PutTranscript(t.Context(), ai.Transcript{Tenant: "acme", CallID: c.ID, Text: hers})
		},
		"summary": func() error {
			return w.AI.PutSummary(t.Context(), ai.Summary{Tenant: "acme", CallID: c.ID, Text: hers})
		},
		"manager note": func() error { _, err := w.Notes.Add(t.Context(), supervisor, c.ID, hers); return err },
		"agent notes":  func() error { _, err := w.Calls.Complete(t.Context(), supervisor, c.ID, hers); return err },
		"evaluation":   func() error { _, err := w.Calls.Evaluate(t.Context(), "acme", c.ID, 5, hers); return err },
		"import": func() error {
			results, err := w.Calls.Import(t.Context(), manager, []call.Call{imported})
			require.NoError(t, err)
			return results[0].Err
		},
	} {
		err := late()
		assert.ErrorIs(t, err, call.ErrErased, name)
		assert.ErrorIs(t, err, call.ErrRefused, name)
	}
	_, err := w.Calls.Complete(t.Context(), supervisor, c.ID, "")
	assert.NoError(t, err, "to complete again is no error as before")
	assert.Equal(t, before, w.everything(t))
}

// during runs a function when a blob has been kept whole, before its row is written.
type during struct {
	media.BlobStore
	kept func()
}

func (d *during) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	n, err := d.BlobStore.Put(ctx, key, r)
	d.kept()
	return n, err
}

// TestEraseDuringAnUpload: whichever commits first, nothing is left.
func TestEraseDuringAnUpload(t *testing.T) {
	blobs := &during{}
	w := newWorld(t, memory.New(), func(b media.BlobStore) media.BlobStore { blobs.BlobStore = b; return blobs })
	c := w.complete(t, w.enqueue(t, maria, hers), hers)
	blobs.kept = func() { w.erase(t, privacy.Subject{Email: maria.Email}) }
	_, err := w.Media.Upload(t.Context(), supervisor, c.ID, media.Content{Name: hers, Reader: strings.NewReader(hers)})
	require.ErrorIs(t, err, call.ErrErased)
	assert.NotContains(t, strings.ToLower(w.everything(t)), hers)
	assert.Zero(t, w.blobCount(t))
}

// broken deletes nothing while it is broken.
type broken struct {
	media.BlobStore
	err error
}

func (b *broken) Delete(ctx context.Context, key string) error {
	if b.err != nil {
		return b.err
	}
	return b.BlobStore.Delete(ctx, key)
}

// TestBytesThatCannotBeRemoved are removed by the next Erase, although no call is found by then, or by Run.
func TestBytesThatCannotBeRemoved(t *testing.T) {
	errDisk := errors.New("the disk is read-only")
	for name, finish := range map[string]func(t *testing.T, w *world){
		"erase": func(t *testing.T, w *world) { w.erase(t, privacy.Subject{Email: maria.Email}) },
		"run": func(t *testing.T, w *world) {
			require.NoError(t, w.Media.Recover(t.Context(), call.Now().Add(-24*time.Hour)), "as Run does on a shared store")
		},
	} {
		t.Run(name, func(t *testing.T) {
			blobs := &broken{err: errDisk}
			w := newWorld(t, memory.New(), func(b media.BlobStore) media.BlobStore { blobs.BlobStore = b; return blobs })
			c := w.full(t, maria, hers)
			r, err := w.Privacy.Erase(t.Context(), manager, privacy.Subject{Email: maria.Email})
			require.ErrorIs(t, err, errDisk)
			assert.Equal(t, []string{c.ID}, r.Calls, "the report says what was done")
			assert.Equal(t, 3, w.blobCount(t))
			files, err := w.Media.Files(t.Context(), manager, c.ID)
			require.NoError(t, err)
			assert.Empty(t, files, "no row names them")

			blobs.err = nil
			finish(t, w)
			assert.Zero(t, w.blobCount(t))
			assert.NotContains(t, strings.ToLower(w.everything(t)), hers)
		})
	}
}

// failing is a store whose updates fail after some.
type failing struct {
	storage.Store
	left int
}

var errPowerCut = errors.New("power cut")

func (f *failing) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if f.left--; f.left < 0 {
		return errPowerCut
	}
	return f.Store.Update(ctx, fn)
}

// TestEraseEndsAnywhere: after any number of commits, the next Erase does the rest.
func TestEraseEndsAnywhere(t *testing.T) {
	const calls = 120 // three transactions
	for commits := range 12 {
		store := &failing{Store: memory.New(), left: 1_000_000}
		w := newWorld(t, store, nil)
		for range calls - 1 {
			c := w.enqueue(t, maria, hers)
			_, err := w.Calls.Leave(t.Context(), "acme", c.ID, call.SideCustomer)
			require.NoError(t, err)
		}
		w.full(t, maria, hers)

		store.left = commits
		first, err := w.Privacy.Erase(t.Context(), manager, privacy.Subject{Phone: maria.Phone})
		if err != nil {
			require.ErrorIs(t, err, errPowerCut)
		}
		store.left = 1_000_000
		second := w.erase(t, privacy.Subject{Phone: maria.Phone})
		assert.Len(t, append(first.Calls, second.Calls...), calls, "after %d commits", commits)
		assert.Equal(t, call.Erasure{Notes: 2, Files: 2, Recordings: 1, Transcripts: 1, Summaries: 1}, first.Gone.Plus(second.Gone))
		assert.NotContains(t, strings.ToLower(w.everything(t)), hers)
		assert.Zero(t, w.blobCount(t))
		require.NoError(t, store.Close())
	}
}

// TestEraseProperty: of random customers with random belongings, whoever is erased is nowhere to be found, and all else
// is as it was.
func TestEraseProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New()
		w := newWorld(t, store, nil)
		const people = 4
		of := map[int][]string{}
		for range rapid.IntRange(0, 8).Draw(rt, "calls") {
			who := rapid.IntRange(0, people-1).Draw(rt, "who")
			id, word := person(who, rapid.Bool().Draw(rt, "shout")), word(who)
			var c call.Call
			switch rapid.IntRange(0, 2).Draw(rt, "kind") {
			case 0:
				c = w.full(t, id, word)
			case 1:
				c = w.complete(t, w.enqueue(t, id, word), word)
			default:
				c = w.enqueue(t, id, word)
				_, err := w.Calls.Leave(t.Context(), "acme", c.ID, call.SideCustomer)
				require.NoError(rt, err)
			}
			of[who] = append(of[who], c.ID)
		}
		gone := rapid.IntRange(0, people-1).Draw(rt, "gone")
		others := map[string]string{}
		for who, ids := range of {
			for _, id := range ids {
				if who != gone {
					others[id] = w.callText(t, id)
				}
			}
		}
		subject := privacy.Subject{Email: person(gone, false).Email}
		if rapid.Bool().Draw(rt, "by phone") {
			subject = privacy.Subject{Phone: person(gone, false).Phone}
		}
		require.ElementsMatch(rt, of[gone], w.erase(t, subject).Calls)
		require.NotContains(rt, strings.ToLower(w.everything(t)), word(gone))
		for id, text := range others {
			require.Equal(rt, text, w.callText(t, id))
		}
		require.NoError(rt, store.Check(t.Context()))
		require.NoError(rt, store.Close())
	})
}

func word(who int) string { return []string{"alfazema", "beterraba", "cenoura", "damasco"}[who] }

// person is a customer, written in one of two ways.
func person(who int, shout bool) call.Customer {
	c := call.Customer{
		Name: "Name " + word(who), Email: word(who) + "@example.com", Phone: fmt.Sprintf("+55 11 %d", 98000+who),
	}
	if shout {
		c.Email, c.Phone = strings.ToUpper(c.Email), fmt.Sprintf("5511%d", 98000+who)
	}
	return c
}

// TestNotesOfAnErasedCallAreTombstones: a note that was erased before is not counted again.
func TestNotesOfAnErasedCallAreTombstones(t *testing.T) {
	w := newWorld(t, memory.New(), nil)
	c := w.full(t, maria, hers)
	require.NoError(t, w.Notes.Erase(t.Context(), manager, c.ID))
	assert.Zero(t, w.erase(t, privacy.Subject{Email: maria.Email}).Gone.Notes)
	all, err := w.Notes.List(t.Context(), manager, c.ID)
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, strings.Count(notes.Render(all, time.UTC), "erased"), 4)
}
