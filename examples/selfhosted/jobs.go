package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/examples/selfhosted/admin"
)

func newJobs() *cobra.Command {
	c := &cobra.Command{
		Use:   "jobs",
		Short: "Look after the work that follows from calls",
		Long: `Look after the work that follows from calls, such as transcripts and webhooks: what is still to be done, what has
failed and why. Works while the server runs, and while it does not; but nothing is done unless a server runs.`,
		Example: `  voki jobs list --tenant example --state failed
  voki jobs show --tenant example JOB
  voki jobs retry --tenant example JOB`,
	}
	c.AddCommand(
		newJobsList(),
		newJobsOne("show", "Show a job and its last tries", func(o admin.Ops) jobOp { return o.Job }, showJob),
		newJobsOne("retry", "Have a job tried again, at once; also one that is done", func(o admin.Ops) jobOp { return o.RetryJob }, jobTable),
		newJobsOne("cancel", "End a job that has not ended", func(o admin.Ops) jobOp { return o.CancelJob }, jobTable),
	)
	return c
}

func newJobsList() *cobra.Command {
	var f follow.Filter
	var states []string
	var after string
	var limit int
	c := &cobra.Command{
		Use: "list --tenant SLUG", Short: "List jobs, ordered by id", Args: cobra.NoArgs,
		Example: `  voki jobs list --tenant example --state pending,running
  voki jobs list --tenant example --call 01890a5d-ac96-774b-bcce-b302099a8057`,
	}
	c.Flags().StringSliceVar(&states, "state", nil, "only those in one of these `states`: "+stateNames())
	c.Flags().StringVar(&f.Queue, "queue", "", "only those of this `queue`")
	c.Flags().StringVar(&f.Kind, "kind", "", "only those of this `kind`")
	c.Flags().StringVar(&f.Target, "target", "", "only those for this `target`")
	c.Flags().StringVar(&f.CallID, "call", "", "only those of the call of this `id`")
	c.Flags().StringVar(&after, "after", "", "only those behind this `id`")
	c.Flags().IntVar(&limit, "limit", 100, "`number` of jobs, up to 1000")
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, _ []string) error {
		for _, s := range states {
			if !slices.Contains(follow.States(), follow.State(s)) {
				return fmt.Errorf("--state %q: there are %s", s, stateNames())
			}
			f.States = append(f.States, follow.State(s))
		}
		if limit < 1 || limit > 1000 {
			return fmt.Errorf("--limit %d: must be 1 to 1000", limit)
		}
		jobs, err := ops.Jobs(c.Context(), tenant, f, after, limit)
		switch {
		case err != nil:
			return err
		case len(jobs) == 0:
			_, err = fmt.Fprintln(c.OutOrStdout(), "no jobs")
			return err
		case len(jobs) == limit:
			fmt.Fprintf(c.ErrOrStderr(), "There may be more: --after %q\n", jobs[limit-1].ID)
		}
		return jobTable(c.OutOrStdout(), jobs...)
	})
}

// jobOp is a method of [admin.Ops] about one job.
type jobOp func(ctx context.Context, tenant, id string) (follow.Job, error)

// newJobsOne is a command that does something with one job, and shows it then.
func newJobsOne(
	name, short string, op func(admin.Ops) jobOp, show func(io.Writer, ...follow.Job) error,
) *cobra.Command {
	c := &cobra.Command{
		Use: name + " --tenant SLUG JOB", Short: short, Args: cobra.ExactArgs(1),
		Example: "  voki jobs " + name + " --tenant example JOB",
	}
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, args []string) error {
		j, err := op(ops)(c.Context(), tenant, args[0])
		if err != nil {
			return err
		}
		return show(c.OutOrStdout(), j)
	})
}

func stateNames() string {
	names := make([]string, 0, len(follow.States()))
	for _, s := range follow.States() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// jobTable writes a job a line.
func jobTable(w io.Writer, jobs ...follow.Job) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tQUEUE\tKIND\tSTATE\tTRIES\tWHEN\tRESULT")
	for _, j := range jobs {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n",
			j.ID, j.Queue, orDash(j.Kind), j.State, j.Attempts, when(j), orDash(oneLine(resultOf(j))))
	}
	return t.Flush()
}

// when is when a job ended, or when something is to happen to it.
func when(j follow.Job) string {
	switch {
	case j.State.Ended():
		return clock(j.EndedAt)
	case j.Due.IsZero():
		return "in its turn"
	case j.State == follow.StateRunning:
		return "now"
	}
	return clock(j.Due)
}

func resultOf(j follow.Job) string {
	if j.State == follow.StateDone {
		return j.Result
	}
	return j.LastError
}

// showJob writes all there is to know about a job.
func showJob(w io.Writer, jobs ...follow.Job) error {
	for _, j := range jobs {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, field := range [][2]string{
			{"id", j.ID},
			{"queue", j.Queue},
			{"kind", j.Kind},
			{"call", j.CallID},
			{"event", strconv.FormatUint(j.Seq, 10)},
			{"target", j.Target},
			{"lane", j.Lane},
			{"state", string(j.State)},
			{"attempts", strconv.Itoa(j.Attempts)},
			{"when", when(j)},
			{"planned", clock(j.CreatedAt)},
			{"tried since", clock(j.Since)},
			{"result", j.Result},
			{"last error", oneLine(j.LastError)},
		} {
			fmt.Fprintf(t, "%s\t%s\n", field[0], orDash(field[1]))
		}
		for _, try := range j.Tries {
			fmt.Fprintf(t, "try\t%s, %s: %s\n", clock(try.At), try.Took.Round(time.Millisecond),
				orDash(oneLine(strings.TrimSpace(try.Outcome+" "+try.Error))))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// oneLine is s without what would break the table, or a terminal: it may come from another server.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}
