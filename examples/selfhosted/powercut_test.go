//go:build linux

package main_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	ext4Shutdown = 0x8004587d // EXT4_IOC_SHUTDOWN of linux/ext4.h
	withoutFlush = 2          // EXT4_GOING_FLAGS_NOLOGFLUSH: all that is not on the disk is gone
)

// disk is an ext4 file system in a file, whose power can be cut.
type disk struct {
	t     *testing.T
	image string
	dir   string
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	needs(t, os.Getuid() == 0, "root, to mount a file system")
	d := &disk{t: t, image: filepath.Join(t.TempDir(), "image"), dir: t.TempDir()}
	f, err := os.Create(d.image)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(256<<20))
	require.NoError(t, f.Close())
	out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput()
	needs(t, err == nil, "mkfs.ext4: "+string(out))
	out, err = d.tryMount()
	needs(t, err == nil, "loop mounts: "+string(out))
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.dir).Run() })
	return d
}

func (d *disk) tryMount() ([]byte, error) {
	return exec.Command("mount", "-o", "loop", d.image, d.dir).CombinedOutput()
}

func (d *disk) mount() {
	d.t.Helper()
	out, err := d.tryMount()
	require.NoError(d.t, err, "%s", out)
}

// cut loses everything that is not on the disk.
func (d *disk) cut() {
	d.t.Helper()
	f, err := os.Open(d.dir)
	require.NoError(d.t, err)
	defer f.Close() // it was only to name the file system
	flags := uint32(withoutFlush)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), ext4Shutdown, uintptr(unsafe.Pointer(&flags)))
	require.Zero(d.t, errno)
}

func (d *disk) unmount() {
	d.t.Helper()
	var out []byte
	require.Eventually(d.t, func() (ok bool) {
		var err error
		out, err = exec.Command("umount", d.dir).CombinedOutput()
		return err == nil
	}, patience, 50*time.Millisecond, "%s", out)
}

// TestNothingAcknowledgedIsLostByPowerCut cuts the power of the file system under load, again and again.
// VOKI_POWERCUT_ROUNDS says how often.
func TestNothingAcknowledgedIsLostByPowerCut(t *testing.T) {
	d := newDisk(t)
	dir := filepath.Join(d.dir, "data")
	acknowledged, uploads := 0, 0
	rounds(t, "VOKI_POWERCUT_ROUNDS", 10, 40*time.Second, func(n int) {
		if n%startAnew == 0 {
			require.NoError(t, os.RemoveAll(dir))
			require.Zero(t, serve(t, dir, "--demo").stop())
		}
		p, l := serve(t, dir), &ledger{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.load(p, 16, nil) // until the server refuses
		}()
		slowUpload(t, p) // is always under way
		if n%2 == 0 {    // the others are cut off early, too
			require.Eventually(t, func() bool { return l.kept.Load() > 0 }, patience, time.Millisecond)
		}
		time.Sleep(time.Duration(200+rand.IntN(500)) * time.Millisecond)
		d.cut()
		<-done
		p.kill()
		d.unmount()

		d.mount()
		p = serve(t, dir)
		l.verify(t, p)
		inOrder(t, dir)
		require.Zero(t, p.stop())
		acknowledged, uploads = acknowledged+len(l.facts), uploads+l.uploads()
	})
	t.Logf("%d calls and %d uploads acknowledged", acknowledged, uploads)
	assert.Positive(t, uploads)
}
