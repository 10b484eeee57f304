package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/examples/selfhosted/admin"
	"github.com/avanter/voki/privacy"
)

// customer is who a command is about.
type customer struct {
	place
	tenant  string
	subject admin.Subject
}

func (k *customer) flags(c *cobra.Command) {
	k.place.flags(c)
	c.Flags().StringVar(&k.tenant, "tenant", "", "`slug` of the company")
	c.Flags().StringVar(&k.subject.Email, "email", "", "`address` that the customer gave; case does not count")
	c.Flags().StringVar(&k.subject.Phone, "phone", "", "`number` that the customer gave; only its digits count")
	_ = c.MarkFlagRequired("tenant") // fails only for a flag that there is not
	c.MarkFlagsOneRequired("email", "phone")
}

func newErase() *cobra.Command {
	var who customer
	var dryRun, yes, asJSON bool
	c := &cobra.Command{
		Use:   "erase --tenant SLUG (--email ADDRESS | --phone NUMBER)",
		Short: "Erase a customer",
		Long: `Take a customer out of all calls of a company: name, contacts, reason, comment, the agent's notes, files, recordings,
transcripts and summaries are gone, manager notes become tombstones. States, times, agents, tags and ratings stay. Works
while the server runs, and while it does not. It cannot be undone.

A call is the customer's if it bears the e-mail address, or the phone number with the same digits; with both flags, if it
bears either. Nothing is erased while one of the calls has not ended. An erasure that was interrupted is finished by the
same command.

Archives of voki backup keep what was erased: erase again after a restore. docs/privacy.md says what else to think of.`,
		Example: `  voki erase --tenant example --email maria@example.com --dry-run
  voki erase --tenant example --email maria@example.com --phone "+55 11 98765-4321"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return who.withData(c.Context(), func(ops admin.Ops) error {
				report, err := ops.PreviewErase(c.Context(), who.tenant, who.subject)
				if err != nil {
					return err
				}
				if dryRun {
					return printErasure(c.OutOrStdout(), report, asJSON)
				}
				if !yes && len(report.Calls) > 0 && len(report.Open) == 0 {
					if err := confirm(c, report); err != nil {
						return err
					}
				}
				report, err = ops.Erase(c.Context(), who.tenant, who.subject)
				if err != nil {
					return err
				}
				return printErasure(c.OutOrStdout(), report, asJSON)
			})
		},
	}
	who.flags(c)
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be erased, and change nothing")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return c
}

// confirm asks whether to go on.
func confirm(c *cobra.Command, r privacy.Report) error {
	if err := printErasure(c.ErrOrStderr(), r, false); err != nil {
		return err
	}
	fmt.Fprint(c.ErrOrStderr(), `Erase this for good? Type "yes": `)
	answer, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("nothing was erased; --yes does not ask")
	}
	return nil
}

// printErasure writes the report of an erasure, with the ids of the calls.
func printErasure(w io.Writer, r privacy.Report, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	did := "erased"
	if r.DryRun {
		did = "to be erased"
	}
	var b strings.Builder
	for _, id := range r.Calls {
		fmt.Fprintln(&b, "call", id)
	}
	for _, id := range r.Open {
		fmt.Fprintln(&b, "call", id, "has not ended: nothing can be erased before")
	}
	fmt.Fprintf(&b, "%d calls, %d notes, %d files, %d recordings, %d transcripts, %d summaries: %s\n",
		len(r.Calls), r.Gone.Notes, r.Gone.Files, r.Gone.Recordings, r.Gone.Transcripts, r.Gone.Summaries, did)
	_, err := io.WriteString(w, b.String())
	return err
}

func newExport() *cobra.Command {
	var who customer
	c := &cobra.Command{
		Use:   "export --tenant SLUG (--email ADDRESS | --phone NUMBER) FILE.zip",
		Short: "Write everything about a customer into one archive",
		Long: `Write one archive (ZIP) with everything that a company keeps about a customer: calls, what happened to them, notes,
files, recordings, transcripts, summaries. README.txt inside says what is what. Works while the server runs, and while it
does not. FILE appears only when it is complete, for its owner alone (mode 0600).

The calls are found as voki erase finds them.`,
		Example: `  voki export --tenant example --email maria@example.com maria.zip`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return who.withData(c.Context(), func(ops admin.Ops) error {
				report, err := ops.PreviewErase(c.Context(), who.tenant, who.subject) // before a file is made
				if err != nil {
					return err
				}
				size, err := writeWhole(args[0], func(w io.Writer) error {
					return ops.Export(c.Context(), who.tenant, who.subject, w)
				})
				if err != nil {
					return fmt.Errorf("export: %w", err)
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %d calls, %d bytes\n", args[0], len(report.Calls)+len(report.Open), size)
				return nil
			})
		},
	}
	who.flags(c)
	return c
}
