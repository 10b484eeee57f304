package rows

import (
	"context"
	"errors"
	"fmt"

	"github.com/avanter/voki/storage/internal/kv"
)

const (
	// maxProblems bounds how many problems the error of Check names.
	maxProblems = 20
	// checkEvery is how many rows are looked at between two looks at the context.
	checkEvery = 1024
)

// Check implements [storage.Checker]. It reads every row of one state and holds against each other what is kept twice:
// the keys by which calls, events, files and jobs are found, the numbers of the log and its head, and how many calls the
// list index has. The entries of the index are then held against the calls, some at a time, each time of one state. An
// engine that can check itself is asked to, too.
func (db *DB) Check(ctx context.Context) error {
	var c checker
	err := db.engine.View(ctx, func() { c.lengths = db.index.Lengths() }, func(r kv.Reader) error {
		return c.rows(ctx, r)
	})
	if err == nil {
		err = errors.Join(db.checkList(ctx, &c), c.err())
	}
	if engine, ok := db.engine.(interface{ Check(context.Context) error }); ok && ctx.Err() == nil {
		err = errors.Join(err, engine.Check(ctx))
	}
	return StoreError(err)
}

// rows looks at all of r.
func (c *checker) rows(ctx context.Context, r kv.Reader) error {
	c.t, c.listed = &tx{r: r}, make(map[string]int)
	rows := 0
	for k, row := range r.Ascend(nil, nil) {
		if rows++; rows%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		p, err := parse(k)
		if err == nil {
			err = c.row(k, p, row)
		}
		if err != nil {
			c.problem(err)
		}
	}
	for tenant := range c.listed {
		c.lengths[tenant] += 0 // so that one that the index does not know is looked at
	}
	for tenant, length := range c.lengths {
		if length != c.listed[tenant] {
			c.problem(fmt.Errorf("list of tenant %q: %d calls, and %d rows", tenant, length, c.listed[tenant]))
		}
	}
	return nil
}

// checker looks at rows in the order of their keys.
type checker struct {
	t       *tx
	lengths map[string]int // of the lists, by tenant
	listed  map[string]int // call rows by tenant

	tenant string // whose events are being read
	seq    uint64 // the last one
	target key    // begins the places for the target that are being read
	of     key    // begins the rows of the timeline that is being read
	upTo   uint64 // the greatest number of the one before

	found    []error
	problems int
}

func (c *checker) problem(err error) {
	if c.problems++; c.problems <= maxProblems {
		c.found = append(c.found, err)
	}
}

// err returns the problems that were found.
func (c *checker) err() error {
	if c.problems > maxProblems {
		c.found = append(c.found, fmt.Errorf("and %d problems more", c.problems-maxProblems))
	}
	return errors.Join(c.found...)
}

// row checks one row: that it can be read, and what stands elsewhere because of it.
func (c *checker) row(k key, p parts, row []byte) error {
	switch p.table {
	case tableCall:
		return c.call(k, p, row)
	case tableDeadline:
		return c.backed(k, p.texts[0], p.texts[1])
	case tableQueue:
		return c.backed(k, p.texts[0], p.texts[2])
	case tableOpen:
		return c.backed(k, p.texts[0], p.texts[1])
	case tableEvent:
		return c.event(k, p, row)
	case tableHead:
		return c.head(k, p, row)
	case tableTimeline:
		return c.timeline(k, p, row)
	case tableRecent:
		return c.recent(k, p)
	case tableNote:
		return c.note(k, p, row)
	case tableFile:
		return c.file(k, p, row)
	case tableCallFile:
		return c.callFile(k, p)
	case tableJob:
		return c.job(k, p, row)
	case tableRunning, tableEnded:
		return c.jobBacked(k, p.texts[1], p.texts[2])
	case tableLane, tableCallJob:
		return c.jobBacked(k, p.texts[0], p.texts[2])
	case tableDue:
		return c.due(k)
	case tableFirst:
		return c.first(k, p, row)
	case tableTurn:
		return c.turn(k)
	case tableWaits:
		return decodes(k, row, decodeWaits)
	case tableTag:
		return decodes(k, row, decodeTag)
	case tableCallTags:
		return decodes(k, row, decodeCallTags)
	case tableRecording:
		return decodes(k, row, decodeRecording)
	case tableDraft:
		return decodes(k, row, decodeDraft)
	case tablePart:
		return decodes(k, row, decodePart)
	case tablePending:
		return decodes(k, row, decodePending)
	case tableTranscript:
		return decodes(k, row, decodeTranscript)
	case tableSummary:
		return decodes(k, row, decodeSummary)
	case tableSetting:
		return decodes(k, row, decodeSetting)
	case tableCursor:
		return decodes(k, row, decodeCursor)
	}
	return fmt.Errorf("row %s: nothing is known about its table", k.name())
}
