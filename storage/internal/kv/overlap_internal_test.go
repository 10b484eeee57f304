package kv

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// ferry is a Bolt whose records reach the disk in the order that a test wants.
type ferry struct {
	gate
	path    string
	waiting chan chan error // each sync sends what lets it through, or fails it
}

func openFerry(t *testing.T) *ferry {
	path := filepath.Join(t.TempDir(), "db")
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(t, err)
	f := &ferry{gate: gate{Bolt: b, t: t}, path: path, waiting: make(chan chan error)}
	b.beside = 1
	b.journal.sync = func(file *os.File) error {
		pass := make(chan error)
		f.waiting <- pass
		return errors.Join(<-pass, syncFile(file))
	}
	return f
}

// under puts key and returns when its record is written and waits for its sync.
func (f *ferry) under(key string) (done <-chan error, pass chan<- error) {
	done = f.put(key)
	return done, <-f.waiting
}

// image is imageOf the store.
func (f *ferry) image(damaged int) string { return imageOf(f.t, f.path, damaged) }

// imageOf copies the files of a store as they are, with a bit of the numbered record of its journal changed, if it is not 0.
func imageOf(t *testing.T, from string, damaged int) (path string) {
	path = filepath.Join(t.TempDir(), "db")
	for _, name := range []string{"", ".journal0", ".journal1"} {
		data, err := os.ReadFile(from + name)
		if name != "" && errors.Is(err, os.ErrNotExist) {
			continue // it is a copy
		}
		require.NoError(t, err)
		if name == ".journal0" && damaged > 0 {
			data[(damaged-1)*recordPage+recordHeader] ^= 1
		}
		require.NoError(t, os.WriteFile(path+name, bytes.TrimRight(data, "\x00"), 0o600))
		require.NoError(t, os.Truncate(path+name, int64(len(data))))
	}
	return path
}

// after opens a store, and returns its keys. Then it dies twice: before it has made its journal anew, and when it has
// written one more key.
func (f *ferry) after(path string) string {
	left := imageOf(f.t, path, 0)
	b, err := OpenBolt(path, BoltOptions{})
	require.NoError(f.t, err)
	require.NoError(f.t, b.Check(f.t.Context()))
	g := &gate{Bolt: b, t: f.t}
	keys := g.keys()
	rows, err := os.ReadFile(path)
	require.NoError(f.t, err)
	require.NoError(f.t, os.WriteFile(left, rows, 0o600))
	require.NoError(f.t, <-g.put("~"))
	later := imageOf(f.t, path, 0)
	require.NoError(f.t, b.Close())
	for died, want := range map[string]string{left: keys, later: keys + "~"} {
		b, err := OpenBolt(died, BoltOptions{})
		require.NoError(f.t, err)
		require.Equal(f.t, want, (&gate{Bolt: b, t: f.t}).keys())
		require.NoError(f.t, b.Close())
	}
	return keys
}

// A record that is on the disk before the one before it is neither acknowledged nor seen before that is.
func TestOverlap(t *testing.T) {
	t.Parallel()
	f := openFerry(t)
	a, passA := f.under("a")
	b, passB := f.under("b")
	c := f.put("c")
	passB <- nil
	for range 100 {
		runtime.Gosched()
	}
	waits(t, a)
	waits(t, b)
	require.Empty(t, f.keys())
	require.Empty(t, f.lanes)

	passA <- nil
	require.NoError(t, <-a)
	require.NoError(t, <-b)
	(<-f.waiting) <- nil
	require.NoError(t, <-c)
	require.Equal(t, "abc", f.keys())
	require.NoError(t, f.Close())
}

// What was written on top of what is lost is lost with it, though it is on the disk.
func TestFailureBeforeAnother(t *testing.T) {
	t.Parallel()
	disk := errors.New("disk on fire")
	f := openFerry(t)
	a, passA := f.under("a")
	passA <- nil
	require.NoError(t, <-a)
	b, passB := f.under("b")
	c, passC := f.under("c")
	d := f.put("d")
	passC <- nil
	passB <- disk
	for _, done := range []<-chan error{b, c} {
		err := <-done
		require.ErrorIs(t, err, ErrFailed)
		require.ErrorIs(t, err, disk)
		require.ErrorContains(t, err, "unknown")
	}
	err := <-d
	require.ErrorIs(t, err, ErrFailed)
	require.NotContains(t, err.Error(), "unknown", "it was never tried")
	require.Equal(t, "a", f.keys())
	require.NoError(t, f.Close())
	require.Equal(t, "abc", f.after(f.image(0)))
	require.Equal(t, "a", f.after(f.image(2)))
}

// A process dies while two records are on their way, of which the second has arrived and the first has not.
func TestCrashBetweenRecords(t *testing.T) {
	t.Parallel()
	f := openFerry(t)
	a, pass := f.under("a")
	pass <- nil
	require.NoError(t, <-a)
	b, passB := f.under("b")
	c, passC := f.under("c")
	require.Equal(t, "abc", f.after(f.image(0)))
	require.Equal(t, "ab", f.after(f.image(3)))
	require.Equal(t, "a", f.after(f.image(2)), "c rests on b, and neither was acknowledged")
	_, err := OpenBolt(f.image(1), BoltOptions{})
	require.ErrorIs(t, err, ErrDamaged, "a was")
	require.ErrorContains(t, err, "no whole record 1")

	passB <- nil
	passC <- nil
	require.NoError(t, <-b)
	require.NoError(t, <-c)
	d, passD := f.under("d")
	for damaged := 1; damaged <= 3; damaged++ {
		_, err = OpenBolt(f.image(damaged), BoltOptions{})
		require.ErrorIs(t, err, ErrDamaged, "d says that it was acknowledged")
	}
	require.Equal(t, "abc", f.after(f.image(4)))
	passD <- nil
	require.NoError(t, <-d)
	require.NoError(t, f.Close())
}

// A copy, and so a checkpoint, waits for all that is on its way.
func TestTurnWaitsForRecords(t *testing.T) {
	t.Parallel()
	f := openFerry(t)
	a, passA := f.under("a")
	b, passB := f.under("b")
	var copied bytes.Buffer
	backup := make(chan error, 1)
	go func() { backup <- f.Backup(context.Background(), &copied) }()
	passB <- nil
	for range 100 {
		runtime.Gosched()
	}
	waits(t, backup)
	passA <- nil
	require.NoError(t, <-a)
	require.NoError(t, <-b)
	require.NoError(t, <-backup)
	path := filepath.Join(t.TempDir(), "db")
	require.NoError(t, os.WriteFile(path, copied.Bytes(), 0o600))
	require.Equal(t, "ab", f.after(path))
	require.NoError(t, f.Close())
}
