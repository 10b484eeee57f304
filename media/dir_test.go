package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/media"
)

// blobStores are tested alike.
var blobStores = map[string]func(t testing.TB) media.BlobStore{
	"Memory": func(testing.TB) media.BlobStore { return media.NewMemory() },
	"Dir":    func(t testing.TB) media.BlobStore { return openDir(t, t.TempDir()) },
}

func openDir(t testing.TB, name string) *media.Dir {
	t.Helper()
	d, err := media.OpenDir(name)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

func put(t testing.TB, s media.BlobStore, key, content string) {
	t.Helper()
	n, err := s.Put(t.Context(), key, strings.NewReader(content))
	require.NoError(t, err)
	require.EqualValues(t, len(content), n)
}

func requireBlob(t testing.TB, s media.BlobStore, key, want string) {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Equal(t, want, string(got))
}

func TestBlobs(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	for name, open := range blobStores {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			put(t, s, "files/one", "1")
			put(t, s, "files/empty", "")
			put(t, s, "recordings/one", large)
			requireBlob(t, s, "files/one", "1")
			requireBlob(t, s, "files/empty", "")
			requireBlob(t, s, "recordings/one", large)

			r, err := s.Open(t.Context(), "recordings/one")
			require.NoError(t, err)
			_, err = r.Seek(-16, io.SeekEnd)
			require.NoError(t, err)
			tail, err := io.ReadAll(r)
			require.NoError(t, err)
			assert.Equal(t, "0123456789abcdef", string(tail))
			require.NoError(t, r.Close())

			_, err = s.Open(t.Context(), "files/none")
			require.ErrorIs(t, err, media.ErrNoBlob)
			for range 2 { // what is not there can be deleted
				require.NoError(t, s.Delete(t.Context(), "files/one"))
			}
			_, err = s.Open(t.Context(), "files/one")
			require.ErrorIs(t, err, media.ErrNoBlob)
			requireBlob(t, s, "files/empty", "")
		})
	}
}

// TestBrokenOff: a content that breaks off leaves nothing, and its own error comes back.
func TestBrokenOff(t *testing.T) {
	broken := errors.New("the connection broke")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, open := range blobStores {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			for _, test := range []struct {
				ctx     context.Context
				content io.Reader
				want    error
			}{
				{t.Context(), iotest.ErrReader(broken), broken},
				{t.Context(), io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(broken)), broken},
				{t.Context(), iotest.TimeoutReader(strings.NewReader("xx")), nil},
				{cancelled, strings.NewReader("x"), context.Canceled},
			} {
				_, err := s.Put(test.ctx, "files/one", test.content)
				if test.want == nil {
					continue
				}
				require.ErrorIs(t, err, test.want)
				_, err = s.Open(t.Context(), "files/one")
				require.ErrorIs(t, err, media.ErrNoBlob)
			}
			put(t, s, "files/one", "1") // and another try succeeds
			requireBlob(t, s, "files/one", "1")
		})
	}
}

func TestConcurrentBlobs(t *testing.T) {
	for name, open := range blobStores {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			var wg sync.WaitGroup
			for i := range 32 {
				wg.Go(func() {
					key := fmt.Sprintf("files/%03d", i)
					_, err := s.Put(t.Context(), key, strings.NewReader(key))
					assert.NoError(t, err)
				})
			}
			wg.Wait()
			for i := range 32 {
				key := fmt.Sprintf("files/%03d", i)
				requireBlob(t, s, key, key)
			}
		})
	}
}

// filesIn returns the files below a directory, folders left out.
func filesIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	}))
	return names
}

func TestDirLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	d := openDir(t, dir)
	content := io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := d.Put(t.Context(), "files/one", content)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Empty(t, filesIn(t, dir))
}

// TestDirIsWholeOrNotThere: while a blob is being written it cannot be seen.
func TestDirIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	d := openDir(t, dir)
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := d.Put(t.Context(), "files/one", r)
		done <- err
	}()
	for range 3 {
		_, err := w.Write([]byte("part"))
		require.NoError(t, err)
		_, err = d.Open(t.Context(), "files/one")
		require.ErrorIs(t, err, media.ErrNoBlob)
	}
	require.NoError(t, w.Close())
	require.NoError(t, <-done)
	requireBlob(t, d, "files/one", "partpartpart")
	assert.Len(t, filesIn(t, dir), 1)
}

// TestDirIsCleanedAtOpen: what a killed process was writing is removed, what it had kept is not.
func TestDirIsCleanedAtOpen(t *testing.T) {
	dir := t.TempDir()
	d, err := media.OpenDir(dir)
	require.NoError(t, err)
	put(t, d, "files/one", "1")
	kept := filesIn(t, dir)
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() { _, _ = d.Put(t.Context(), "files/two", r); close(done) }()
	_, err = w.Write([]byte("half"))
	require.NoError(t, err)
	require.Len(t, filesIn(t, dir), 2, "there is a temporary file")

	again := openDir(t, dir) // as after a kill
	assert.Equal(t, kept, filesIn(t, dir))
	requireBlob(t, again, "files/one", "1")
	_, err = again.Open(t.Context(), "files/two")
	require.ErrorIs(t, err, media.ErrNoBlob)

	require.NoError(t, w.CloseWithError(io.ErrUnexpectedEOF))
	<-done
	require.NoError(t, d.Close())
}

func TestDirIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	d := openDir(t, dir)
	put(t, d, "files/one", "1")
	require.NoError(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := e.Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, "%s can be read by others", name)
		return nil
	}))
}

// TestDirHostileKeys: no key leads out of the directory.
func TestDirHostileKeys(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "blobs")
	d := openDir(t, dir)
	outside := filepath.Join(above, "outside")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	for _, key := range []string{
		"", ".", "..", "/", "../outside", "files/../../outside", "files/./one", "/etc/passwd", outside, "files//one",
		"files/", "a\x00b", "files/" + strings.Repeat("x", 4000), strings.Repeat("x/", 5000) + "x", "\xff", "...",
	} {
		_, err := d.Put(t.Context(), key, strings.NewReader("x"))
		assert.Error(t, err, "%.20q", key)
		_, err = d.Open(t.Context(), key)
		assert.Error(t, err, "%.20q", key)
		if d.Delete(t.Context(), key) == nil {
			assert.FileExists(t, outside, "%.20q", key)
		}
	}
	for _, key := range []string{`..\..\outside`, `C:\x`, "a b", "-rf", "~"} { // odd, and good names here
		put(t, d, key, key)
		requireBlob(t, d, key, key)
		require.NoError(t, d.Delete(t.Context(), key))
	}
	assert.Empty(t, filesIn(t, dir))
	content, err := os.ReadFile(outside)
	require.NoError(t, err)
	assert.Equal(t, "secret", string(content))
}

// TestDirFollowsNoLinkOut: not even one that somebody has put into the directory.
func TestDirFollowsNoLinkOut(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "blobs")
	d := openDir(t, dir)
	outside := filepath.Join(above, "outside")
	require.NoError(t, os.Mkdir(outside, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "ne"), []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "files")))

	_, err := d.Put(t.Context(), "files/one", strings.NewReader("x"))
	assert.Error(t, err)
	_, err = d.Open(t.Context(), "files/one")
	assert.Error(t, err)
	assert.Equal(t, []string{"ne"}, filesIn(t, outside))
	assert.NoDirExists(t, filepath.Join(outside, "ne", "one"))
}
