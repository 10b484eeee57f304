package privacy_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/bolt"
	"github.com/avanter/voki/storage/memory"
)

var (
	manager    = call.Actor{Tenant: "acme", ID: "mia", Name: "Mia", Role: call.RoleManager}
	supervisor = call.Actor{Tenant: "acme", ID: "sam", Name: "Sam", Role: call.RoleSupervisor}
)

// video is how a recording begins.
const video = "\x1aE\xdf\xa3\x87B\x82\x84webm"

// world is an installation whose blobs lie in a directory.
type world struct {
	*voki.Voki
	store storage.Store
	blobs string
}

func newWorld(t testing.TB, store storage.Store, wrap func(media.BlobStore) media.BlobStore) *world {
	t.Helper()
	w := &world{store: store, blobs: t.TempDir()}
	dir, err := media.OpenDir(w.blobs)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, dir.Close()) })
	var blobs media.BlobStore = dir
	if wrap != nil {
		blobs = wrap(dir)
	}
	w.Voki, err = voki.New(voki.Options{Store: store, Blobs: blobs})
	require.NoError(t, err)
	return w
}

// onEach runs a test on both embedded stores.
func onEach(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, open := range map[string]func(t *testing.T) storage.Store{
		"memory": func(*testing.T) storage.Store { return memory.New() },
		"bolt": func(t *testing.T) storage.Store {
			store, err := bolt.Open(filepath.Join(t.TempDir(), "calls.db"), bolt.Options{})
			require.NoError(t, err)
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			t.Cleanup(func() {
				checker, ok := store.(storage.Checker)
				require.True(t, ok)
				assert.NoError(t, checker.Check(context.Background()))
				assert.NoError(t, store.Close())
			})
			test(t, newWorld(t, store, nil))
		})
	}
}

// enqueue lets a customer join, whose reason is a word of his own.
func (w *world) enqueue(t testing.TB, c call.Customer, word string) call.Call {
	t.Helper()
	made, err := w.Calls.Enqueue(t.Context(), call.Intake{
		Tenant: "acme", Department: "support", Customer: c, Reason: "reason " + word,
	})
	require.NoError(t, err)
	return made
}

// complete serves a call; the agent's notes hold the word.
func (w *world) complete(t testing.TB, c call.Call, word string) call.Call {
	t.Helper()
	_, err := w.Calls.Assign(t.Context(), supervisor, c.ID, "")
	require.NoError(t, err)
	_, err = w.Calls.Start(t.Context(), supervisor, c.ID)
	require.NoError(t, err)
	c, err = w.Calls.Complete(t.Context(), supervisor, c.ID, "agent's notes "+word)
	require.NoError(t, err)
	return c
}

// full is a completed call that has everything a call can have, the word in all of it.
func (w *world) full(t testing.TB, customer call.Customer, word string) call.Call {
	t.Helper()
	c := w.complete(t, w.enqueue(t, customer, word), word)
	for range 2 {
		_, err := w.Notes.Add(t.Context(), supervisor, c.ID, "note "+word)
		require.NoError(t, err)
		_, err = w.Media.Upload(t.Context(), supervisor, c.ID, media.Content{
			Name: word + ".txt", Reader: strings.NewReader("file " + word),
		})
		require.NoError(t, err)
	}
	_, err := w.Media.PutRecording(t.Context(), supervisor, c.ID, time.Minute, strings.NewReader(video+word))
	require.NoError(t, err)
	require.NoError(t, w.AI.PutTranscript(t.Context(), ai.Transcript{
		Tenant: "acme", CallID: c.ID, Text: "Customer: " + word, Language: "pt-BR",
	}))
	require.NoError(t, w.AI.PutSummary(t.Context(), ai.Summary{Tenant: "acme", CallID: c.ID, Text: "about " + word}))
	c, err = w.Calls.Evaluate(t.Context(), "acme", c.ID, 4, "comment "+word)
	require.NoError(t, err)
	return c
}

// everything is what the store and the blob directory tell of a tenant, as text: what an attacker would search.
func (w *world) everything(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	page, err := w.store.ListCalls(t.Context(), call.Query{
		Tenant: "acme", Sort: call.SortInsertedAt, Asc: true, Limit: call.MaxLimit,
	})
	require.NoError(t, err)
	require.NoError(t, w.store.View(t.Context(), func(tx storage.Tx) error {
		for _, c := range page.Calls {
			b.WriteString(callText(t, tx, c.ID))
		}
		events, err := tx.Events("acme", 0, 1_000_000)
		require.NoError(t, err)
		for i, e := range events {
			require.EqualValues(t, i+1, e.Seq, "the log has no gaps")
			fmt.Fprintf(&b, "%+v\n", e)
		}
		jobs, err := tx.Jobs("acme", follow.Filter{}, "", 1000)
		require.NoError(t, err)
		fmt.Fprintf(&b, "%+v\n", jobs)
		pending, err := tx.Pending(time.Now().Add(time.Hour), 1000)
		fmt.Fprintf(&b, "%+v\n", pending)
		return err
	}))
	require.NoError(t, fs.WalkDir(os.DirFS(w.blobs), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(w.blobs, name))
		fmt.Fprintf(&b, "%s: %s\n", name, content)
		return err
	}))
	return b.String()
}

// callText is everything about a call but its log, as text.
func callText(t testing.TB, tx storage.Tx, id string) string {
	t.Helper()
	c, err := tx.Call("acme", id)
	require.NoError(t, err)
	tags, err := tx.CallTags("acme", id)
	require.NoError(t, err)
	all, err := tx.Notes("acme", id)
	require.NoError(t, err)
	files, err := tx.Files("acme", id)
	require.NoError(t, err)
	recording, _ := tx.Recording("acme", id)
	draft, _, err := tx.Draft("acme", id)
	require.NoError(t, err)
	parts, err := tx.Parts("acme", id)
	require.NoError(t, err)
	transcript, _ := tx.Transcript("acme", id)
	summary, _ := tx.Summary("acme", id)
	return fmt.Sprintf("%+v\n%v\n%+v\n%+v\n%+v\n%+v %+v\n%+v\n%+v\n", c, tags, all, files, recording, draft, parts, transcript, summary)
}

func (w *world) callText(t testing.TB, id string) (text string) {
	t.Helper()
	require.NoError(t, w.store.View(t.Context(), func(tx storage.Tx) error {
		text = callText(t, tx, id)
		return nil
	}))
	return text
}

func (w *world) erase(t testing.TB, s privacy.Subject) privacy.Report {
	t.Helper()
	r, err := w.Privacy.Erase(t.Context(), manager, s)
	require.NoError(t, err)
	return r
}

// blobCount is how many blobs there are.
func (w *world) blobCount(t testing.TB) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(w.blobs, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	}))
	return n
}
