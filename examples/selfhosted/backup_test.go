package main_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBackupUnderWritesIsRestored(t *testing.T) {
	dir, work := t.TempDir(), t.TempDir()
	p := serve(t, dir, "--demo")

	var uploads atomic.Int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				upload(t, p, fmt.Sprintf("%d-%d.txt", w, n), bytes.Repeat([]byte("text "), 10_000))
				uploads.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return uploads.Load() >= 8 }, patience, time.Millisecond)
	before := uploads.Load()
	archive := filepath.Join(work, "backup.tar.gz")
	mustVoki(t, "backup", "--data", dir, archive)
	close(stop)
	writers.Wait()
	info, err := os.Stat(archive)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	assert.NoFileExists(t, archive+".tmp")
	require.Zero(t, p.stop())

	restored := filepath.Join(work, "deeper", "restored")
	killed := restored + ".restore-1"
	require.NoError(t, os.MkdirAll(killed, 0o700))
	got := voki(t, "restore", "--data", restored, archive)
	require.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, "everything is in order")
	assert.Equal(t, killed+" is of another restore: remove it, if that was killed\n", got.stderr)
	assert.Contains(t, mustVoki(t, "check", "--data", restored), "everything is in order")
	p = serve(t, restored)
	assert.Equal(t, 142, count(t, p, "completed"))
	content := p.must(200, "GET", pageCall+"/recording/download", attendant, "")
	assert.Len(t, content, 346028)
	assert.Zero(t, p.stop())
	files, err := filepath.Glob(filepath.Join(restored, "blobs/files/*/*"))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(files), int(before), "everything that was acknowledged before the backup began")

	got = voki(t, "restore", "--data", restored, archive)
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, restored+" is not empty")
}

func TestRestoreWhereOnlyALockIsLeft(t *testing.T) {
	dir, work := t.TempDir(), t.TempDir()
	require.Zero(t, serve(t, dir, "--demo").stop())
	archive := filepath.Join(work, "backup.tar.gz")
	mustVoki(t, "backup", "--data", dir, archive)

	target := filepath.Join(work, "target")
	p := serve(t, target, "--store", "memory:", "--config", filepath.Join(dir, "voki.yaml"))
	require.Equal(t, []string{"voki.lock", "voki.sock"}, left(t, target))
	got := voki(t, "restore", "--data", target, archive)
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "another voki serves "+target)
	assert.Equal(t, []string{"voki.lock", "voki.sock"}, left(t, target))
	p.kill()
	require.Equal(t, []string{"voki.lock", "voki.sock"}, left(t, target))

	assert.Contains(t, mustVoki(t, "restore", "--data", target, archive), "everything is in order")
	assert.NotContains(t, left(t, target), "voki.lock")
	assert.Equal(t, []string{"backup.tar.gz", "target"}, left(t, work))
	assert.Zero(t, serve(t, target).stop())
}

// packed is an archive of the given entries.
func packed(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	out := tar.NewWriter(zip)
	for _, h := range entries {
		content := []byte("content")
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag != tar.TypeReg {
			content = nil
		}
		h.Size, h.Mode = int64(len(content)), 0o600
		require.NoError(t, out.WriteHeader(&h))
		_, err := out.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, out.Close())
	require.NoError(t, zip.Close())
	return b.Bytes()
}

func TestRestoreRefusesOtherArchives(t *testing.T) {
	dir := t.TempDir()
	require.Zero(t, serve(t, dir, "--demo").stop())
	file := filepath.Join(t.TempDir(), "good.tar.gz")
	mustVoki(t, "backup", "--data", dir, file)
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1

	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":          {nil, "archive: EOF"},
		"no archive":     {[]byte("hello, this is no archive"), "archive: gzip: invalid header"},
		"cut off":        {good[:len(good)-20], "archive: "},
		"cut in half":    {good[:len(good)/2], "archive: "},
		"damaged":        {flipped, "archive: "},
		"with a tail":    {append(bytes.Clone(good), 'x'), "something follows its end"},
		"two":            {append(bytes.Clone(good), good...), "something follows its end"},
		"no database":    {packed(t, tar.Header{Name: "voki.yaml"}), "holds no voki.db"},
		"no store":       {packed(t, tar.Header{Name: "voki.db"}), "open the database"},
		"up":             {packed(t, tar.Header{Name: "../evil"}), `"../evil" is no path`},
		"up within":      {packed(t, tar.Header{Name: "blobs/../../evil"}), "is no path"},
		"absolute":       {packed(t, tar.Header{Name: "/etc/evil"}), `"/etc/evil" is no path`},
		"symbolic link":  {packed(t, tar.Header{Name: "blobs/x", Typeflag: tar.TypeSymlink, Linkname: "/etc"}), `"blobs/x" is no file`},
		"hard link":      {packed(t, tar.Header{Name: "blobs/x", Typeflag: tar.TypeLink, Linkname: "voki.db"}), `"blobs/x" is no file`},
		"folder":         {packed(t, tar.Header{Name: "blobs/", Typeflag: tar.TypeDir}), `"blobs/" is no file`},
		"other file":     {packed(t, tar.Header{Name: "voki.lock"}), `"voki.lock" does not belong into a backup`},
		"entry twice":    {packed(t, tar.Header{Name: "voki.yaml"}, tar.Header{Name: "voki.yaml"}), "file exists"},
		"file as folder": {packed(t, tar.Header{Name: "blobs/a"}, tar.Header{Name: "blobs/a/b"}), "archive: blobs/a/b: "},
	} {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			file := filepath.Join(work, "in.tar.gz")
			require.NoError(t, os.WriteFile(file, test.content, 0o600))
			got := voki(t, "restore", "--data", filepath.Join(work, "data"), file)
			assert.Equal(t, 1, got.code)
			assert.Contains(t, got.stderr, test.want)
			left, err := os.ReadDir(work)
			require.NoError(t, err)
			assert.Len(t, left, 1, "nothing but the archive")
		})
	}
}
