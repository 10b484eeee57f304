package kv

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"reflect"
	"strconv"
)

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
// It is used by who holds Bolt.committing, and files[other] by the checkpoint as
// long as one runs.
type journal struct {
	id     identity
	number uint64 // of the newest record
	files  [2]*journalFile
	active int
	buffer []byte

	sync func(*os.File) error // of a record: syncFile, save in tests
}

type journalFile struct {
	*os.File
	size int // what may be written to
	end  int // of the records
}

func journalPath(path string, n int) string { return path + ".journal" + strconv.Itoa(n) }

// newJournal makes the files of a journal, in place of any that are there, whose
// newest record has the number of m. The caller syncs their directory.
func newJournal(path string, m mark) (*journal, error) {
	j := &journal{id: m.id, number: m.applied, sync: syncFile}
	for n := range j.files {
		f, err := createUncached(journalPath(path, n))
		if err == nil {
			j.files[n] = &journalFile{File: f}
			err = j.files[n].fill(smallestJournal)
		}
		if err == nil {
			err = syncFile(f)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("journal: %w", err), j.remove())
		}
		j.files[n].size = smallestJournal
	}
	return j, nil
}

// fits reports whether a record with a body of so many bytes can be appended now.
func (j *journal) fits(body int) bool {
	f := j.files[j.active]
	return f.end+recordSize(body) <= f.size
}

// empty reports whether nothing was written since the last turn.
func (j *journal) empty() bool { return j.files[j.active].end == 0 }

// append makes items durable, each in its encoded form, with so many bytes. If it
// fails it is not known whether they are.
func (j *journal) append(items iter.Seq[[]byte], size int) error {
	f := j.files[j.active]
	if size = recordSize(size); size > cap(j.buffer) {
		j.buffer = pages(max(size, 16*recordPage))
	}
	j.buffer = appendRecord(j.buffer[:0], j.id, j.number+1, items)
	if _, err := f.WriteAt(j.buffer, int64(f.end)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.sync(f.File); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	f.end += len(j.buffer)
	j.number++
	if cap(j.buffer) > smallestJournal {
		j.buffer = nil // a group of that size is rare
	}
	return nil
}

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
		_ = f.Truncate(int64(f.size)) // others need the room
		return nil                    //nolint:nilerr // it stays as it is, which is large enough
	}
	if err := syncFile(f.File); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	f.size = size
	return nil
}

// fill writes zeroes behind what may be written to, up to size.
func (f *journalFile) fill(size int) error {
	zeroes := pages(smallestJournal) // of which all sizes are multiples
	for at := f.size; at < size; at += len(zeroes) {
		if _, err := f.WriteAt(zeroes, int64(at)); err != nil {
			return err
		}
	}
	return nil
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
			err = errors.Join(err, f.Close())
		}
	}
	return err
}

// remove closes the files and removes them.
func (j *journal) remove() error {
	err := j.close()
	for _, f := range j.files {
		if f != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}
	return err
}
