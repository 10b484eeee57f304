package rows

import (
	"fmt"

	"github.com/avanter/voki/storage/internal/kv"
)

// migrations bring the rows of a file from one format version to the next: migrations[0] from 1 to 2, and so on. They
// run in order, in one transaction that commits the new version too. One that was released is never changed.
//
// docs/storage-format.md says when a change of the format needs one.
var migrations = []func(kv.Writer) error{dueByTarget, timelineRows}

// timelineRows brings rows from version 2 to 3, in which a row of a timeline may have several events: one with no more
// than that of its key, as in version 2, is one of them.
func timelineRows(kv.Writer) error { return nil }

// Version returns the format version of the rows that this package writes.
func Version() uint32 { return uint32(len(migrations)) + 1 }

// Migrate brings rows of an older version to that of this package.
func Migrate(from uint32, w kv.Writer) error { return migrate(migrations, from, w) }

func migrate(steps []func(kv.Writer) error, from uint32, w kv.Writer) error {
	if from < 1 || from > uint32(len(steps)) {
		return fmt.Errorf("rows: nothing leads from format version %d", from)
	}
	for i, step := range steps[from-1:] {
		if err := step(w); err != nil {
			return fmt.Errorf("rows: from format version %d: %w", int(from)+i, err)
		}
	}
	return nil
}
