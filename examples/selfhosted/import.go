package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/examples/selfhosted/admin"
)

const (
	// A batch of rows is written in one transaction.
	batchRows  = 1000
	batchBytes = 4 << 20

	// maxComplaints is how many bad rows are told one by one.
	maxComplaints = 100
)

func newImport() *cobra.Command {
	var where place
	var tenant string
	c := &cobra.Command{
		Use:   "import --tenant SLUG FILE",
		Short: "Take over calls from elsewhere",
		Long: `Take over calls that were made elsewhere, from a file with one JSON object a line (- is standard input). Works while the
server runs, and while it does not.

The fields are those of GET /api/v1/calls; these count:

  id, status (completed, missed, cancelled, abandoned), department_id, department_name, user_id, user_name,
  customer_name, customer_email, customer_phone, rating, notes, inserted_at, started_at, completed_at

and, if they are there: assigned_at, end_reason, disconnected_at, reconnected_at, reason, comment, tags (objects with the
id of a tag that is in the catalogue). Others are ignored; duration and wait_time are taken from the times.

Rows that cannot be taken are reported by line and do not stop the import; the exit code is 1 then. An import may be
interrupted and repeated: a row whose call is there already is left alone if what it gives is the same (times given in
whole seconds are compared so), and is reported with the fields that differ if not.

The data directory must be one that voki serve has made, and the company one of its configuration.`,
		Example: `  voki import --data ./voki-data --tenant example calls.ndjson
  zcat calls.ndjson.gz | voki import --tenant example -`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return where.withData(c.Context(), func(ops admin.Ops) error {
				if _, err := ops.Tags(c.Context(), tenant); err != nil { // refuses an unknown company before a row is read
					return err
				}
				in, size, err := openInput(c, args[0])
				if err != nil {
					return err
				}
				defer in.Close() // only read
				i := importing{ops: ops, tenant: tenant, show: newProgress(c.ErrOrStderr(), size)}
				err = i.run(c.Context(), newLines(in))
				i.show.clear()
				return i.conclude(c, err)
			})
		},
	}
	where.flags(c)
	c.Flags().StringVar(&tenant, "tenant", "", "`slug` of the company that the calls belong to")
	_ = c.MarkFlagRequired("tenant") // fails only for a flag that there is not
	return c
}

// openInput returns the file and its size, 0 if that is not known.
func openInput(c *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// complaint says why a line was not taken.
type complaint struct {
	line   int
	reason string
}

// importing is an import on its way.
type importing struct {
	ops    admin.Ops
	tenant string
	show   *progress

	batch   [][]byte
	numbers []int       // of the lines of the batch
	bytes   int         // of the batch
	wrong   []complaint // of the lines since the last batch

	last     int // line up to which everything is done
	imported int
	existed  int
	bad      int
}

func (i *importing) run(ctx context.Context, in *lines) error {
	for {
		l, err := in.next()
		if errors.Is(err, io.EOF) {
			return i.flush(ctx, in.number, in.offset)
		}
		if err != nil {
			return err
		}
		if l.err != nil {
			i.wrong = append(i.wrong, complaint{l.number, l.err.Error()})
		} else {
			i.batch, i.numbers, i.bytes = append(i.batch, l.text), append(i.numbers, l.number), i.bytes+len(l.text)
		}
		if len(i.batch)+len(i.wrong) == batchRows || i.bytes >= batchBytes {
			if err := i.flush(ctx, l.number, l.end); err != nil {
				return err
			}
		}
	}
}

// flush writes the batch, which ends at a line and so many bytes into the file.
func (i *importing) flush(ctx context.Context, line int, end int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(i.batch) > 0 {
		result, err := i.ops.Import(ctx, i.tenant, i.batch)
		if err != nil {
			return err
		}
		i.imported += result.Imported
		i.existed += result.Existed
		for _, b := range result.Bad {
			i.wrong = append(i.wrong, complaint{i.numbers[b.Index], b.Reason})
		}
	}
	slices.SortFunc(i.wrong, func(a, b complaint) int { return a.line - b.line })
	for _, w := range i.wrong {
		i.complain(w)
	}
	i.batch, i.numbers, i.bytes, i.wrong, i.last = i.batch[:0], i.numbers[:0], 0, i.wrong[:0], line
	i.show.tell(i.rows(), end)
	return nil
}

func (i *importing) rows() int { return i.imported + i.existed + i.bad }

func (i *importing) complain(c complaint) {
	i.bad++
	switch {
	case i.bad <= maxComplaints:
		i.show.say("line %d: %s", c.line, c.reason)
	case i.bad == maxComplaints+1:
		i.show.say("… more bad rows are counted, and not shown")
	}
}

// conclude says how it went and makes the exit code of it.
func (i *importing) conclude(c *cobra.Command, err error) error {
	took := time.Since(i.show.began)
	fmt.Fprintf(c.OutOrStdout(), "%d rows in %s: %d imported, %d there already, %d bad\n",
		i.rows(), took.Round(time.Millisecond), i.imported, i.existed, i.bad)
	switch {
	case err != nil && c.Context().Err() != nil:
		fmt.Fprintf(c.ErrOrStderr(), "voki: interrupted after line %d; run it again to go on\n", i.last)
		return exitError(exitInterrupted)
	case err != nil:
		return fmt.Errorf("import stopped after line %d: %w", i.last, err)
	case i.bad > 0:
		return exitError(exitFailed)
	}
	return nil
}
