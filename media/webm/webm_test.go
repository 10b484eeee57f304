package webm_test

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/media"
	"github.com/avanter/voki/media/webm"
)

var _ media.Prober = webm.Prober{}

// live is three seconds as a browser writes them to a stream: without a duration, in clusters whose size is not known.
// said is the same as a file, with its duration.
var (
	//go:embed testdata/live.webm
	live []byte
	//go:embed testdata/said.webm
	said []byte
)

func TestDuration(t *testing.T) {
	for name, content := range map[string][]byte{"that is said": said, "of a browser's file": live} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{bytes.NewReader(content), iotest.OneByteReader(bytes.NewReader(content))} {
				d, err := webm.Prober{}.Duration(t.Context(), r)
				require.NoError(t, err)
				assert.InDelta(t, 3*time.Second, d, float64(150*time.Millisecond))
			}
		})
	}
}

// counted counts how often it is read, and how much.
type counted struct {
	io.Reader
	reads, bytes int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.reads++
	c.bytes += n
	return n, err
}

// TestLongFile: a file is read in large pieces, and no further than to where it says how long it plays.
func TestLongFile(t *testing.T) {
	clusters := bytes.Index(live, []byte("\x1fC\xb6u"))
	require.Positive(t, clusters)
	long := append(bytes.Clone(live), bytes.Repeat(live[clusters:], 500)...)
	c := &counted{Reader: bytes.NewReader(long)}
	d, err := webm.Prober{}.Duration(t.Context(), c)
	require.NoError(t, err)
	assert.InDelta(t, 3*time.Second, d, float64(150*time.Millisecond), "all clusters bear the same times")
	assert.Equal(t, len(long), c.bytes)
	assert.Less(t, c.reads, 100)

	c = &counted{Reader: io.MultiReader(bytes.NewReader(said), bytes.NewReader(long))}
	_, err = webm.Prober{}.Duration(t.Context(), c)
	require.NoError(t, err)
	assert.Less(t, c.bytes, 200_000)
}

// TestDurationOfHalf: a file that breaks off anywhere plays as long as what there is of it.
func TestDurationOfHalf(t *testing.T) {
	var before time.Duration
	for n := len(live) / 8; n <= len(live); n += len(live) / 8 {
		d, err := webm.Prober{}.Duration(t.Context(), bytes.NewReader(live[:n]))
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
	f.Add(live)
	f.Add([]byte("\x1aE\xdf\xa3\x87B\x82\x84webm\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xff\x1fC\xb6u\x01\xff\xff\xff\xff\xff\xff\xff\xe7\x81\x05\xa3\x85\x81\x00\x07\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, _ := webm.Prober{}.Duration(t.Context(), bytes.NewReader(content))
		if d < 0 || d > 31*24*time.Hour {
			t.Fatal(d)
		}
	})
}
