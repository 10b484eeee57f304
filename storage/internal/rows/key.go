package rows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The tables. A number is given to a table once and for good; 0x15 was one of format version 1.
const (
	tableCall       = 0x01
	tableDeadline   = 0x02
	tableQueue      = 0x03
	tableOpen       = 0x04
	tableWaits      = 0x05
	tableEvent      = 0x06
	tableHead       = 0x07
	tableTimeline   = 0x08
	tableTag        = 0x09
	tableCallTags   = 0x0a
	tableNote       = 0x0b
	tableFile       = 0x0c
	tableCallFile   = 0x0d
	tableRecording  = 0x0e
	tablePending    = 0x0f
	tableTranscript = 0x10
	tableSummary    = 0x11
	tableSetting    = 0x12
	tableCursor     = 0x13
	tableJob        = 0x14
	tableLane       = 0x16
	tableEnded      = 0x17
	tableDraft      = 0x18
	tablePart       = 0x19
	tableDue        = 0x1a
	tableFirst      = 0x1b
	tableTurn       = 0x1c
	tableRunning    = 0x1d
	tableCallJob    = 0x1e
	tableRecent     = 0x1f
)

// layouts says of what the keys of each table consist behind the table's byte: s a text, n a number, t a time.
var layouts = map[byte]string{
	tableCall:       "ss",    // tenant, id
	tableDeadline:   "tss",   // time, tenant, call
	tableQueue:      "ssts",  // tenant, department, time, call
	tableOpen:       "ss",    // tenant, call
	tableWaits:      "ss",    // tenant, department
	tableEvent:      "sn",    // tenant, number
	tableHead:       "s",     // tenant
	tableTimeline:   "ssn",   // tenant, call, number
	tableTag:        "ss",    // tenant, id
	tableCallTags:   "ss",    // tenant, call
	tableNote:       "ssn",   // tenant, call, number
	tableFile:       "ss",    // tenant, id
	tableCallFile:   "sss",   // tenant, call, id
	tableRecording:  "ss",    // tenant, call
	tablePending:    "s",     // key of the blob
	tableTranscript: "ss",    // tenant, call
	tableSummary:    "ss",    // tenant, call
	tableSetting:    "s",     // name
	tableCursor:     "ss",    // queue, tenant
	tableJob:        "ss",    // tenant, id
	tableLane:       "ssns",  // tenant, lane, number, job
	tableEnded:      "stss",  // queue, time, tenant, job
	tableDraft:      "ss",    // tenant, call
	tablePart:       "sssn",  // tenant, call, track, number
	tableDue:        "sssts", // queue, tenant, target, time, job
	tableFirst:      "sss",   // queue, tenant, target
	tableTurn:       "stsss", // queue, time, tenant, job, target
	tableRunning:    "stsss", // queue, time, tenant, job, target
	tableCallJob:    "sss",   // tenant, call, job
	tableRecent:     "ss",    // tenant, call
}

// key is a key of the engine, or the front of one. It is nil if it cannot be, because a text holds a NUL, which ends a
// text in a key; appending to that gives nil again.
type key []byte

// keyOf starts a key with the table and texts.
func keyOf(table byte, texts ...string) key { return make(key, 0, keySize(texts)).of(table, texts) }

// keySize is the size of a key that begins with texts, and may have a number.
func keySize(texts []string) int {
	size := 1 + 8
	for _, s := range texts {
		size += len(s) + 1
	}
	return size
}

func (k key) of(table byte, texts []string) key {
	k = append(k, table)
	for _, s := range texts {
		k = k.text(s)
	}
	return k
}

func (k key) text(s string) key {
	if k == nil || strings.IndexByte(s, 0) >= 0 {
		return nil
	}
	return append(append(k, s...), 0)
}

func (k key) number(n uint64) key {
	if k == nil {
		return nil
	}
	return binary.BigEndian.AppendUint64(k, n)
}

// time appends t in microseconds, such that keys are ordered as times are.
func (k key) time(t time.Time) key { return k.number(uint64(t.UnixMicro()) ^ 1<<63) }

// next is the first key behind all that begin with k.
func (k key) next() key {
	k = bytes.Clone(k)
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]++; k[i] != 0 {
			return k[:i+1]
		}
	}
	return nil
}

// name is k as it is shown in an error.
func (k key) name() string { return fmt.Sprintf("%q", []byte(k)) }

// parts is a key taken apart.
type parts struct {
	table   byte
	texts   []string
	numbers []uint64
}

// parse takes a key apart, whose memory it does not keep.
func parse(k []byte) (parts, error) {
	if len(k) == 0 {
		return parts{}, errors.New("key is empty")
	}
	layout, known := layouts[k[0]]
	if !known {
		return parts{}, fmt.Errorf("key %q is of no table", k)
	}
	p, rest := parts{table: k[0], texts: make([]string, 0, len(layout))}, k[1:]
	for _, kind := range layout {
		switch kind {
		case 's':
			text, behind, ended := bytes.Cut(rest, []byte{0})
			if !ended {
				return parts{}, fmt.Errorf("key %q is cut short", k)
			}
			p.texts, rest = append(p.texts, string(text)), behind
		default:
			if len(rest) < 8 {
				return parts{}, fmt.Errorf("key %q is cut short", k)
			}
			p.numbers, rest = append(p.numbers, binary.BigEndian.Uint64(rest)), rest[8:]
		}
	}
	if len(rest) > 0 {
		return parts{}, fmt.Errorf("key %q is too long", k)
	}
	return p, nil
}

// callKey takes the key of a call apart, as parse does, without a copy.
func callKey(k string) (tenant, id string, err error) {
	tenant, rest, _ := strings.Cut(k[1:], "\x00")
	id, behind, ended := strings.Cut(rest, "\x00")
	switch {
	case !ended:
		return "", "", fmt.Errorf("key %q is cut short", k)
	case behind != "":
		return "", "", fmt.Errorf("key %q is too long", k)
	}
	return tenant, id, nil
}

// timeOf is the time that key.time made a number.
func timeOf(n uint64) time.Time { return time.UnixMicro(int64(n ^ 1<<63)).UTC() }
