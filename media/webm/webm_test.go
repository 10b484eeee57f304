package webm_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/media"
	"github.com/avanter/voki/media/webm"
)

var _ media.Prober = webm.Prober{}

// recorded makes three seconds of WebM, as a browser writes it to a stream if it is live: without a duration, in
// clusters whose size is not known.
func recorded(t testing.TB, live bool) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.webm")
	args := []string{
		"-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=3", "-f", "lavfi", "-i", "sine=duration=3",
		"-c:v", "libvpx", "-c:a", "libopus", "-shortest",
	}
	if live {
		args = append(args, "-live", "1", "-cluster_time_limit", "500")
	}
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, name)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	return content
}

func TestDuration(t *testing.T) {
	for name, live := range map[string]bool{"that is said": false, "of a browser's file": true} {
		t.Run(name, func(t *testing.T) {
			content := recorded(t, live)
			for _, r := range []io.Reader{bytes.NewReader(content), iotest.OneByteReader(bytes.NewReader(content))} {
				d, err := webm.Prober{}.Duration(t.Context(), r)
				require.NoError(t, err)
				assert.InDelta(t, 3*time.Second, d, float64(150*time.Millisecond))
			}
		})
	}
}

// TestDurationOfHalf: a file that breaks off anywhere plays as long as what there is of it.
func TestDurationOfHalf(t *testing.T) {
	content := recorded(t, true)
	var before time.Duration
	for n := len(content) / 8; n <= len(content); n += len(content) / 8 {
		d, err := webm.Prober{}.Duration(t.Context(), bytes.NewReader(content[:n]))
		require.NoError(t, err)
		assert.GreaterOrEqual(t, d, before)
		before = d
	}
	assert.Greater(t, before, 2*time.Second)
}

func TestNoDuration(t *testing.T) {
	for name, content := range map[string]string{
		"nothing": "", "a header": "\x1aE\xdf\xa3\x87B\x82\x84webm", "a header cut off": "\x1aE\xdf\xa3\x87B\x82", "text": "no WebM at all",
		"a segment of nothing": "\x1aE\xdf\xa3\x87B\x82\x84webm\x18S\x80g\x80",
		"times beyond all":     "\x18S\x80g\xff\x15I\xa9f\x8f*\xd7\xb1\x84\xff\xff\xff\xffD\x89\x84\x7f\x7f\xff\xff",
	} {
		d, _ := webm.Prober{}.Duration(t.Context(), bytes.NewReader([]byte(content)))
		assert.Zero(t, d, name)
	}
	broken := errors.New("broken")
	_, err := webm.Prober{}.Duration(t.Context(), iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = webm.Prober{}.Duration(ctx, bytes.NewReader([]byte("\x1aE\xdf\xa3\x87B\x82\x84webm")))
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzDuration(f *testing.F) {
	f.Add([]byte("\x1aE\xdf\xa3\x87B\x82\x84webm\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xff\x1fC\xb6u\x01\xff\xff\xff\xff\xff\xff\xff\xe7\x81\x05\xa3\x85\x81\x00\x07\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, _ := webm.Prober{}.Duration(t.Context(), bytes.NewReader(content))
		if d < 0 || d > 31*24*time.Hour {
			t.Fatal(d)
		}
	})
}
