package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/examples/selfhosted/admin"
)

func newCheck() *cobra.Command {
	var where place
	c := &cobra.Command{
		Use:   "check --data DIR",
		Short: "Verify the data",
		Long: `Verify that the database is whole, that the log has no gaps, that every uploaded file and recording is there with its
size, and that there is none that nothing names. Works while the server runs, and while it does not. Changes nothing, but
that a database that was not closed is recovered first, as a start would: copy the directory before, if you mean to look
into what a crash has left.

The exit code is 1 if something is wrong.`,
		Example: `  voki check --data ./voki-data`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return where.withData(c.Context(), func(ops admin.Ops) error {
				report, err := ops.Check(c.Context())
				if err != nil {
					return err
				}
				printReport(c.OutOrStdout(), report)
				if len(report.Findings) > 0 {
					return exitError(exitFailed)
				}
				return nil
			})
		},
	}
	where.flags(c)
	return c
}

func printReport(w io.Writer, r admin.Report) {
	for _, finding := range r.Findings {
		fmt.Fprintln(w, "wrong:", finding)
	}
	if r.More > 0 {
		fmt.Fprintf(w, "… and %d more\n", r.More)
	}
	if r.Unfinished > 0 {
		fmt.Fprintf(w, "unfinished uploads: %d (those that a crash has left are removed at the next start)\n", r.Unfinished)
	}
	verdict := "everything is in order"
	if found := len(r.Findings) + r.More; found > 0 {
		verdict = fmt.Sprintf("%d findings", found)
	}
	fmt.Fprintf(w, "%d tenants, %d calls, %d events, %d files, %d recordings: %s\n",
		r.Tenants, r.Calls, r.Events, r.Files, r.Recordings, verdict)
}
