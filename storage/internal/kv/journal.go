package kv

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"reflect"
	"strconv"
	"sync/atomic"
)

// overlap is how many records may be on their way to the disk at once. A disk that has two to do at a time does nearly
// twice as many; with more, each has fewer members and costs as much.
const overlap = 2

// The sizes of a file of a journal: as it is made, and the greatest, to which it grows
// fourfold whenever it has been filled. One writer at a time takes recordPage a write.
const (
	smallestJournal = 256 << 10
	greatestJournal = 64 << 20
)

// journal is where groups are written to be durable before their rows are in the
// file: two files beside it that take turns. All of it is allocated and written
// before it is used, as a sync that has to write the length of a file, or which of
// its blocks are in use, takes longer. Records go to the disk past the system's cache
// where that is possible: nobody reads them there, and a sync then has less to do.
//
// It is used by who holds Bolt.committing, save for write and settled, and files[other] by the checkpoint as long as one
// runs.
type journal struct {
	id      identity
	number  uint64        // of the newest record that has its place
	durable atomic.Uint64 // the number up to which records are known to be on the disk
	files   [2]*journalFile
	active  int

	sync func(*os.File) error // of a record: syncFile, save in tests
}

type journalFile struct {
	handles [overlap]*os.File // of one file: what the system could not write it tells each once
	size    int               // what may be written to
	end     int               // of the records
}

// lane is what one record at a time uses on its way to the disk.
type lane struct {
	number int // of its handles
	buffer []byte
}

// extent is where a record goes that has its number, and is not written yet.
type extent struct {
	id     identity
	number uint64
	file   *journalFile
	at     int
	size   int
}

func journalPath(path string, n int) string { return path + ".journal" + strconv.Itoa(n) }

// newJournal makes the files of a journal, in place of any that are there, whose
// newest record has the number of m. The caller syncs their directory.
func newJournal(path string, m mark) (*journal, error) {
	j := &journal{id: m.id, number: m.applied, sync: syncFile}
	j.durable.Store(m.applied)
	for n := range j.files {
		j.files[n] = new(journalFile)
		if err := j.files[n].create(journalPath(path, n)); err != nil {
			return nil, errors.Join(fmt.Errorf("journal: %w", err), j.remove())
		}
	}
	return j, nil
}

func (f *journalFile) create(path string) (err error) {
	for n := range f.handles {
		if f.handles[n], err = createUncached(path); err != nil {
			return err
		}
	}
	if err = f.fill(smallestJournal); err != nil {
		return err
	}
	return f.grown(smallestJournal)
}

// fits reports whether a record with a body of so many bytes can be appended now.
func (j *journal) fits(body int) bool {
	f := j.files[j.active]
	return f.end+recordSize(body) <= f.size
}

// empty reports whether nothing was written since the last turn.
func (j *journal) empty() bool { return j.files[j.active].end == 0 }

// reserve gives the next record its place. Its body has so many bytes, which fit.
func (j *journal) reserve(body int) extent {
	f := j.files[j.active]
	j.number++
	at, size := f.end, recordSize(body)
	f.end += size
	return extent{j.id, j.number, f, at, size}
}

// write makes items, each in its encoded form, durable as the record at its place. If it fails it is not known whether
// they are. Records before it may be written at the same time, and not be durable yet.
func (j *journal) write(l *lane, to extent, items iter.Seq[[]byte]) error {
	if to.size > cap(l.buffer) {
		l.buffer = pages(max(to.size, 16*recordPage))
	}
	l.buffer = appendRecord(l.buffer[:0], to.id, to.number, j.durable.Load(), items)
	f := to.file.handles[l.number]
	if _, err := f.WriteAt(l.buffer, int64(to.at)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.sync(f); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if cap(l.buffer) > smallestJournal {
		l.buffer = nil // a group of that size is rare
	}
	return nil
}

// settled says that the record at its place is durable, and all before it.
func (j *journal) settled(to extent) { j.durable.Store(to.number) }

// turn goes on in the other file, whose records are no longer needed.
func (j *journal) turn() {
	j.active ^= 1
	j.files[j.active].end = 0
}

// growOther makes the file larger that is not written to, unless it is as large as
// any may be, or the disk has no room for it. Its error is that of a sync.
func (j *journal) growOther() error {
	f := j.files[j.active^1]
	size := min(4*f.size, greatestJournal)
	if f.size == size {
		return nil
	}
	if full := f.fill(size); full != nil {
		_ = f.handles[0].Truncate(int64(f.size)) // others need the room
		return nil                               //nolint:nilerr // it stays as it is, which is large enough
	}
	if err := f.grown(size); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// fill writes zeroes behind what may be written to, up to size.
func (f *journalFile) fill(size int) error {
	zeroes := pages(smallestJournal) // of which all sizes are multiples
	for at := f.size; at < size; at += len(zeroes) {
		if _, err := f.handles[0].WriteAt(zeroes, int64(at)); err != nil {
			return err
		}
	}
	return nil
}

// grown says that it was filled up to size.
func (f *journalFile) grown(size int) error {
	err := syncFile(f.handles[0])
	if err == nil {
		f.size = size
	}
	return err
}

// create makes an empty file that its owner alone may read, or empties the one that is there.
func create(path string, more int) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC|more, 0o600)
}

// pages returns so many bytes that begin where a page of memory does, as what is
// written past the system's cache has to.
func pages(size int) []byte {
	b := make([]byte, size+recordPage)
	skip := -int(reflect.ValueOf(b).Pointer()) & (recordPage - 1)
	return b[skip : skip+size : skip+size]
}

// close leaves the files as they are.
func (j *journal) close() (err error) {
	for _, f := range j.files {
		if f != nil {
			err = errors.Join(err, f.close())
		}
	}
	return err
}

func (f *journalFile) close() (err error) {
	for _, h := range f.handles {
		if h != nil {
			err = errors.Join(err, h.Close())
		}
	}
	return err
}

// remove closes the files and removes them.
func (j *journal) remove() error {
	err := j.close()
	for _, f := range j.files {
		if f != nil && f.handles[0] != nil {
			err = errors.Join(err, os.Remove(f.handles[0].Name()))
		}
	}
	return err
}
