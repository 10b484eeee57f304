// Package webm finds out how long a WebM file plays. Browsers write files that do not say so: the time is taken from the
// last blocks then.
//
// It is a module of its own because of the library that takes the files apart. It knows nothing of calls and blobs.
package webm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/at-wat/ebml-go"
)

// Prober implements media.Prober. The zero value works, and is safe for concurrent use.
type Prober struct{}

// maxElement bounds what is held in memory at once: no frame of a browser's recording is nearly as large.
const maxElement = 16 << 20

// defaultScale is the unit of times, in nanoseconds, of a file that names none.
const defaultScale = 1_000_000

// document is what is looked at of a file. The fields that come again are overwritten, so that nothing adds up.
type document struct {
	EBML    struct{} `ebml:"EBML"`
	Segment struct {
		Info struct {
			TimecodeScale uint64  `ebml:"TimecodeScale"`
			Duration      float64 `ebml:"Duration"`
		} `ebml:"Info"`
		Cluster struct {
			Timecode    uint64     `ebml:"Timecode"`
			SimpleBlock ebml.Block `ebml:"SimpleBlock"`
			BlockGroup  struct {
				Block         ebml.Block `ebml:"Block"`
				BlockDuration uint64     `ebml:"BlockDuration"`
			} `ebml:"BlockGroup"`
		} `ebml:"Cluster"`
	} `ebml:"Segment"`
}

// Duration returns how long a file plays: what it says itself, or the time of its last block. A file that breaks off
// plays as long as what there is of it. Returns an error for what breaks off before its first block, and r's own.
func (Prober) Duration(ctx context.Context, r io.Reader) (d time.Duration, err error) {
	defer func() { // the content is a stranger's, and the library large
		if p := recover(); p != nil {
			d, err = 0, fmt.Errorf("webm: %v", p)
		}
	}()
	c := clock{scale: defaultScale, last: -1}
	source := &reader{ctx: ctx, r: r, clock: &c}
	err = ebml.Unmarshal(bufio.NewReaderSize(source, readSize), &document{},
		ebml.WithMaxLeafElementSize(maxElement), ebml.WithElementReadHooks(c.see))
	switch {
	case source.err != nil:
		return 0, source.err
	case c.said > 0:
		return c.time(c.said), nil
	case c.last >= 0:
		return c.time(float64(c.last)), nil
	case err != nil:
		return 0, fmt.Errorf("webm: %w", err)
	}
	return 0, nil
}

// clock follows the times of a file. They are counted in scale nanoseconds.
type clock struct {
	scale   uint64
	said    float64 // how long the file says that it plays; 0: it does not say
	cluster int64   // when the cluster begins
	last    int64   // when the last block begins, or ends if it says so; -1: there is none
	group   int64   // when the block of a group begins
}

// see is told of every element that [document] names, in the order of the file.
func (c *clock) see(e *ebml.Element) {
	switch v := e.Value.(type) {
	case uint64:
		switch e.Type {
		case ebml.ElementTimecodeScale:
			c.scale = max(v, 1)
		case ebml.ElementTimecode:
			c.cluster = int64(min(v, maxTime))
		case ebml.ElementBlockDuration:
			c.last = max(c.last, c.group+int64(min(v, maxTime)))
		}
	case float64:
		if e.Type == ebml.ElementDuration {
			c.said = v
		}
	case ebml.Block:
		c.group = c.cluster + int64(v.Timecode)
		c.last = max(c.last, c.group)
	}
}

const (
	// maxTime is more than any file plays, and little enough to be added to.
	maxTime = 1 << 48
	// longest is beyond any recording; who says more is not believed.
	longest = 30 * 24 * time.Hour
)

// time is a count as a duration; 0 for one that cannot be.
func (c *clock) time(count float64) time.Duration {
	ns := count * float64(c.scale)
	if !(ns > 0 && ns <= float64(longest)) {
		return 0
	}
	return time.Duration(ns)
}

// readSize is how much is read at once: the library asks for a byte at a time.
const readSize = 64 << 10

// reader keeps the error that reading ended with, which the library may hide. It ends when all is known.
type reader struct {
	ctx   context.Context
	r     io.Reader
	clock *clock
	err   error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err = r.ctx.Err(); r.err != nil {
		return 0, r.err
	}
	if r.clock.said > 0 {
		return 0, io.EOF
	}
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
