package media_test

import (
	"context"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

var (
	agent      = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana", Role: call.RoleAttendant}
	colleague  = call.Actor{Tenant: "acme", ID: "bob", Name: "Bob", Role: call.RoleAttendant}
	supervisor = call.Actor{Tenant: "acme", ID: "sam", Name: "Sam", Role: call.RoleSupervisor}
	stranger   = call.Actor{Tenant: "other", ID: "ana", Name: "Ana", Role: call.RoleOwner}
	nobody     = call.Actor{Tenant: "acme", ID: "ana"}
)

// office is the media, and the calls that they belong to, on a store of their own.
type office struct {
	*media.Service
	calls *call.Service
	store storage.Store
	blobs *media.Memory
}

func newOffice(t testing.TB, o media.Options) office {
	t.Helper()
	store := memory.New()
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	blobs := media.NewMemory()
	if o.Blobs == nil {
		o.Blobs = blobs
	}
	return office{
		Service: media.NewService(storage.Narrow[media.Tx](store), o),
		calls:   call.NewService(storage.NarrowCalls(store), call.Options{}),
		store:   store, blobs: blobs,
	}
}

// in brings a new call into a state, with Ana as the agent.
func (o office) in(t testing.TB, status call.Status) call.Call {
	t.Helper()
	c, err := o.calls.Enqueue(t.Context(), call.Intake{
		Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"},
	})
	require.NoError(t, err)
	id := c.ID
	for _, step := range []func() (call.Call, error){
		func() (call.Call, error) { return c, nil },
		func() (call.Call, error) { return o.calls.Assign(t.Context(), agent, id, "") },
		func() (call.Call, error) { return o.calls.Start(t.Context(), agent, id) },
		func() (call.Call, error) { return o.calls.Complete(t.Context(), agent, id, "") },
	} {
		c, err = step()
		require.NoError(t, err)
		if status == call.Cancelled {
			c, err = o.calls.Leave(t.Context(), "acme", id, call.SideCustomer)
			require.NoError(t, err)
		}
		if c.Status == status {
			return c
		}
	}
	t.Fatalf("no way to %s", status)
	return c
}

func (o office) pending(t testing.TB) (pending []media.Pending) {
	t.Helper()
	require.NoError(t, o.store.View(t.Context(), func(tx storage.Tx) (err error) {
		pending, err = tx.Pending(call.Now().Add(time.Hour), 1000)
		return err
	}))
	return pending
}

// requireNothing checks that a call has no files, no bytes lie about, and none are expected.
func (o office) requireNothing(t testing.TB, callID string) {
	t.Helper()
	files, err := o.Files(t.Context(), agent, callID)
	require.NoError(t, err)
	require.Empty(t, files)
	require.Zero(t, o.blobs.Len())
	require.Empty(t, o.pending(t))
	events, err := o.calls.Timeline(t.Context(), agent, callID)
	require.NoError(t, err)
	for _, e := range events {
		require.NotEqual(t, call.KindFileAdded, e.Kind)
		require.NotEqual(t, call.KindRecordingReady, e.Kind)
	}
}

func text(name, content string) media.Content {
	return media.Content{Name: name, Type: "text/plain", Reader: strings.NewReader(content)}
}

func TestUpload(t *testing.T) {
	for _, status := range []call.Status{call.Queued, call.Assigned, call.Active, call.Completed, call.Cancelled} {
		t.Run(string(status), func(t *testing.T) {
			o := newOffice(t, media.Options{})
			c := o.in(t, status)
			before := call.Now()
			f, err := o.Upload(t.Context(), agent, c.ID, text("../Relatório\x00.txt", "hello"))
			require.NoError(t, err)
			parsed, err := uuid.Parse(f.ID)
			require.NoError(t, err)
			assert.EqualValues(t, 7, parsed.Version())
			assert.False(t, f.InsertedAt.Before(before))
			assert.Equal(t, media.File{
				Tenant: "acme", CallID: c.ID, ID: f.ID, Name: "Relatório.txt", ContentType: "text/plain", Size: 5,
				UploadedBy: "ana", InsertedAt: f.InsertedAt,
			}, f)

			got, content, err := o.Open(t.Context(), colleague, f.ID)
			require.NoError(t, err)
			assert.Equal(t, f, got)
			requireContent(t, "hello", content)
			assert.Empty(t, o.pending(t))
			events, err := o.calls.Timeline(t.Context(), agent, c.ID)
			require.NoError(t, err)
			last := events[len(events)-1]
			assert.Equal(t, call.KindFileAdded, last.Kind)
			assert.Equal(t, "ana", last.Actor)
			assert.Equal(t, call.Data{Subject: f.ID}, last.Data)
		})
	}
}

func requireContent(t testing.TB, want string, content io.ReadSeekCloser) {
	t.Helper()
	got, err := io.ReadAll(content)
	require.NoError(t, err)
	require.NoError(t, content.Close())
	require.Equal(t, want, string(got))
}

// TestUploadTwiceTheSame: two files of one name are both kept.
func TestUploadTwiceTheSame(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Queued)
	var want []media.File
	for _, content := range []string{"first", "second"} {
		f, err := o.Upload(t.Context(), agent, c.ID, text("a.txt", content))
		require.NoError(t, err)
		want = append(want, f)
	}
	files, err := o.Files(t.Context(), agent, c.ID)
	require.NoError(t, err)
	assert.Equal(t, want, files, "oldest first")
	for i, content := range []string{"first", "second"} {
		_, r, err := o.Open(t.Context(), agent, want[i].ID)
		require.NoError(t, err)
		requireContent(t, content, r)
	}
}

// TestUploadLimit: the limit is met to the byte, however the content comes in.
func TestUploadLimit(t *testing.T) {
	for name, slow := range map[string]func(io.Reader) io.Reader{
		"at once":       func(r io.Reader) io.Reader { return r },
		"by the byte":   iotest.OneByteReader,
		"in halves":     iotest.HalfReader,
		"end with data": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, media.Options{MaxUpload: 1000})
			assert.EqualValues(t, 1000, o.MaxUpload())
			c := o.in(t, call.Queued)
			for _, size := range []int{1001, 1002, 5000, 100_000} {
				_, err := o.Upload(t.Context(), agent, c.ID, media.Content{Reader: slow(strings.NewReader(strings.Repeat("x", size)))})
				require.ErrorIs(t, err, media.ErrTooLarge, "%d bytes", size)
				o.requireNothing(t, c.ID)
			}
			for _, size := range []int{0, 1, 999, 1000} {
				f, err := o.Upload(t.Context(), agent, c.ID, media.Content{Reader: slow(strings.NewReader(strings.Repeat("x", size)))})
				require.NoError(t, err, "%d bytes", size)
				assert.EqualValues(t, size, f.Size)
				assert.Equal(t, "file", f.Name)
				assert.Equal(t, "application/octet-stream", f.ContentType)
			}
		})
	}
}

// TestUploadReadsNoFurther: of a content without end no more is read than it takes to refuse it.
func TestUploadReadsNoFurther(t *testing.T) {
	o := newOffice(t, media.Options{MaxUpload: 1000})
	c := o.in(t, call.Queued)
	endless := &counting{r: zeros{}}
	_, err := o.Upload(t.Context(), agent, c.ID, media.Content{Reader: endless})
	require.ErrorIs(t, err, media.ErrTooLarge)
	assert.LessOrEqual(t, endless.n, int64(1001))
}

// TestWithoutLimit: the greatest limit is as good as none.
func TestWithoutLimit(t *testing.T) {
	o := newOffice(t, media.Options{MaxUpload: math.MaxInt64, MaxRecording: math.MaxInt64})
	c := o.in(t, call.Active)
	require.NotPanics(t, func() {
		_, err := o.Upload(t.Context(), agent, c.ID, text("a.txt", "hello"))
		require.NoError(t, err)
	})
}

func TestDefaultLimits(t *testing.T) {
	for _, given := range []int64{0, -1} {
		o := newOffice(t, media.Options{MaxUpload: given, MaxRecording: given})
		assert.EqualValues(t, 50<<20, o.MaxUpload())
		assert.EqualValues(t, 4<<30, o.MaxRecording())
	}
}

// TestUploadBrokenOff: an upload cut off midway leaves nothing behind.
func TestUploadBrokenOff(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Queued)
	cut := io.MultiReader(strings.NewReader(strings.Repeat("x", 100_000)), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := o.Upload(t.Context(), agent, c.ID, media.Content{Name: "a.txt", Reader: cut})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	o.requireNothing(t, c.ID)

	// The request is over by then, and what it brought is removed all the same.
	ctx, cancel := context.WithCancel(t.Context())
	_, err = o.Upload(ctx, agent, c.ID, media.Content{Reader: io.MultiReader(
		strings.NewReader("x"), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }), zeros{},
	)})
	require.ErrorIs(t, err, context.Canceled)
	o.requireNothing(t, c.ID)
}

func TestUploadRefused(t *testing.T) {
	o := newOffice(t, media.Options{})
	c := o.in(t, call.Active)
	for name, test := range map[string]struct {
		actor call.Actor
		id    string
		want  error
	}{
		"no role":                {nobody, c.ID, call.ErrForbidden},
		"no role, no call":       {nobody, "unknown", call.ErrForbidden},
		"no call":                {agent, "unknown", call.ErrNotFound},
		"no id":                  {agent, "", call.ErrNotFound},
		"hostile id":             {agent, "../\x00", call.ErrNotFound},
		"long id":                {agent, strings.Repeat("x", 4000), call.ErrNotFound},
		"call of another tenant": {stranger, c.ID, call.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			unread := &counting{r: zeros{}}
			_, err := o.Upload(t.Context(), test.actor, test.id, media.Content{Reader: unread})
			require.ErrorIs(t, err, test.want)
			_, err = o.PutRecording(t.Context(), test.actor, test.id, 0, unread)
			require.ErrorIs(t, err, test.want)
			assert.Zero(t, unread.n, "nothing is read for nothing")
			_, err = o.Files(t.Context(), test.actor, test.id)
			require.ErrorIs(t, err, test.want)
			_, err = o.Recording(t.Context(), test.actor, test.id)
			require.ErrorIs(t, err, test.want)
		})
	}
	o.requireNothing(t, c.ID)
}

func TestOpenRefused(t *testing.T) {
	o := newOffice(t, media.Options{})
	f, err := o.Upload(t.Context(), agent, o.in(t, call.Queued).ID, text("a.txt", "hello"))
	require.NoError(t, err)
	_, _, err = o.Open(t.Context(), nobody, f.ID)
	require.ErrorIs(t, err, call.ErrForbidden)
	_, _, err = o.Open(t.Context(), stranger, f.ID)
	require.ErrorIs(t, err, media.ErrFileNotFound)
	for _, id := range []string{"", "unknown", "../\x00", f.ID[:8], strings.Repeat("x", 4000)} {
		_, _, err = o.Open(t.Context(), agent, id)
		require.ErrorIs(t, err, media.ErrFileNotFound)
	}
}

// TestLostBytes: bytes that a row names and that are gone are the server's fault, not the request's.
func TestLostBytes(t *testing.T) {
	o := newOffice(t, media.Options{})
	f, err := o.Upload(t.Context(), agent, o.in(t, call.Queued).ID, text("a.txt", "hello"))
	require.NoError(t, err)
	require.NoError(t, o.blobs.Delete(t.Context(), "files/"+f.ID))
	_, _, err = o.Open(t.Context(), agent, f.ID)
	require.Error(t, err)
	require.NotErrorIs(t, err, media.ErrFileNotFound)
	require.NotErrorIs(t, err, media.ErrNoBlob)
}

// TestRecover: what a crash left of unfinished uploads is removed, and nothing else.
func TestRecover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := &crashing{Memory: media.NewMemory()}
		o := newOffice(t, media.Options{Blobs: blobs})
		c := o.in(t, call.Active)
		f, err := o.Upload(t.Context(), agent, c.ID, text("kept.txt", "kept"))
		require.NoError(t, err)
		rec, err := o.PutRecording(t.Context(), agent, c.ID, 0, strings.NewReader(video))
		require.NoError(t, err)

		for _, crash := range []bool{true, false} { // the process dies before, or after, the bytes are there
			blobs.crash = map[bool]string{true: "before", false: "after"}[crash]
			assert.Panics(t, func() { _, _ = o.Upload(t.Context(), agent, c.ID, text("lost.txt", "lost")) })
		}
		blobs.crash = ""
		require.Len(t, o.pending(t), 2)
		require.Equal(t, 3, blobs.Len())
		time.Sleep(time.Second)
		started := call.Now()
		time.Sleep(time.Second)

		r, w := io.Pipe() // an upload of the new process, while it recovers
		done := make(chan media.File)
		go func() {
			f, err := o.Upload(t.Context(), agent, c.ID, media.Content{Name: "new.txt", Reader: r})
			assert.NoError(t, err)
			done <- f
		}()
		_, err = w.Write([]byte("ne"))
		require.NoError(t, err)
		for range 2 { // the second time there is nothing left to do
			require.NoError(t, o.Recover(t.Context(), started))
		}
		require.Len(t, o.pending(t), 1)
		_, err = w.Write([]byte("w"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		fresh := <-done

		require.Empty(t, o.pending(t))
		assert.Equal(t, 3, blobs.Len())
		for id, want := range map[string]string{f.ID: "kept", fresh.ID: "new"} {
			_, content, err := o.Open(t.Context(), agent, id)
			require.NoError(t, err)
			requireContent(t, want, content)
		}
		_, content, err := o.OpenRecording(t.Context(), "acme", c.ID)
		require.NoError(t, err)
		requireContent(t, video, content)
		assert.NotEmpty(t, rec.ID)
		files, err := o.Files(t.Context(), agent, c.ID)
		require.NoError(t, err)
		assert.Equal(t, []media.File{f, fresh}, files)
	})
}

// TestRecoverMany: more leftovers than are looked at in one go.
func TestRecoverMany(t *testing.T) {
	o := newOffice(t, media.Options{})
	require.NoError(t, o.store.Update(t.Context(), func(tx storage.Tx) error {
		for range 350 {
			id := call.NewID()
			put(t, o.blobs, "files/"+id, "x")
			if err := tx.PutPending(media.Pending{Key: "files/" + id, Time: call.Now()}); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, o.Recover(t.Context(), call.Now().Add(time.Second)))
	assert.Zero(t, o.blobs.Len())
	assert.Empty(t, o.pending(t))
}

// crashing keeps blobs until the process dies in the middle of one.
type crashing struct {
	*media.Memory
	crash string // before or after the bytes are kept; empty: never
}

func (c *crashing) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if c.crash == "before" {
		panic("killed")
	}
	n, err := c.Memory.Put(ctx, key, r)
	if c.crash == "after" {
		panic("killed")
	}
	return n, err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
