package kv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// replay returns what the journals beside the file at path hold that its rows do not
// have yet, and the mark of a file that has it. It changes nothing.
//
// What is cut off at the end of the last record was not acknowledged, or it would be
// whole. The error Is ErrDamaged if a record lacks, or is damaged, that has others
// behind it, and if there is a journal that is not the file's.
func replay(path string, m mark) (*hotRows, mark, error) {
	var records []record
	for n := range 2 {
		name := journalPath(path, n)
		data, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, m, err
		}
		found, err := scanJournal(data, m)
		if err != nil {
			return nil, m, fmt.Errorf("%w: %s", err, name)
		}
		records = append(records, found...)
	}
	slices.SortFunc(records, func(a, b record) int {
		if a.number < b.number {
			return -1
		}
		return 1
	})
	rows := newHotRows()
	for _, r := range records {
		if r.number != m.applied+1 {
			return nil, m, fmt.Errorf("%w: its journal has record %d, but no whole record %d", ErrDamaged, r.number, m.applied+1)
		}
		items, ok := r.items()
		if !ok {
			return nil, m, fmt.Errorf("%w: record %d of its journal holds no rows", ErrDamaged, r.number)
		}
		for _, i := range items {
			rows.put(i.key, i.value)
		}
		m.applied = r.number
	}
	return rows, m, nil
}

// scanJournal returns the records in a file that are newer than m. It looks at every
// page: behind the newest record there are those of older turns.
func scanJournal(data []byte, m mark) (records []record, err error) {
	for at := 0; at < len(data); {
		r, size, ok := parseRecord(data[at:])
		if !ok {
			at += recordPage
			continue
		}
		at += size
		switch {
		case r.id.store == m.id.store && r.number <= m.applied:
		case r.id != m.id:
			return nil, fmt.Errorf("%w: the journal beside it is that of another file, or of a later state of this one; "+
				"put that file back, or move its journal away", ErrDamaged)
		default:
			records = append(records, r)
		}
	}
	return records, nil
}
