package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/examples/selfhosted/admin"
)

func newTag() *cobra.Command {
	c := &cobra.Command{
		Use:   "tag",
		Short: "Keep a company's catalogue of tags",
		Long: `Keep the catalogue of tags from which agents choose. Works while the server runs, and while it does not.

Where a TAG is asked for, its id or its name will do.`,
		Example: `  voki tag add --tenant example "Billing" --color "#f59e0b"
  voki tag list --tenant example
  voki tag rename --tenant example Billing "Invoices"
  voki tag remove --tenant example Invoices`,
	}
	c.AddCommand(newTagAdd(), newTagList(), newTagRename(), newTagRemove())
	return c
}

// tenantCommand is a command on what belongs to --tenant.
func tenantCommand(c *cobra.Command, do func(c *cobra.Command, ops admin.Ops, tenant string, args []string) error) *cobra.Command {
	var where place
	var tenant string
	where.flags(c)
	c.Flags().StringVar(&tenant, "tenant", "", "`slug` of the company")
	_ = c.MarkFlagRequired("tenant") // fails only for a flag that there is not
	c.RunE = func(c *cobra.Command, args []string) error {
		return where.withData(c.Context(), func(ops admin.Ops) error { return do(c, ops, tenant, args) })
	}
	return c
}

func newTagAdd() *cobra.Command {
	var t admin.Tag
	c := &cobra.Command{
		Use: "add --tenant SLUG NAME", Short: "Add a tag", Args: cobra.ExactArgs(1),
		Example: `  voki tag add --tenant example "Billing" --color "#f59e0b"`,
	}
	c.Flags().StringVar(&t.Color, "color", "", "as CSS writes it, `#rrggbb`; without it, gray")
	c.Flags().StringVar(&t.ID, "id", "", "`id`, for a tag that has one elsewhere; without it, a new one")
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, args []string) error {
		t.Name = args[0]
		created, err := ops.AddTag(c.Context(), tenant, t)
		if err != nil {
			return err
		}
		return table(c.OutOrStdout(), created)
	})
}

func newTagList() *cobra.Command {
	c := &cobra.Command{
		Use: "list --tenant SLUG", Short: "List the tags", Args: cobra.NoArgs,
		Example: `  voki tag list --tenant example`,
	}
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, _ []string) error {
		tags, err := ops.Tags(c.Context(), tenant)
		if err != nil {
			return err
		}
		return table(c.OutOrStdout(), tags...)
	})
}

func newTagRename() *cobra.Command {
	var to admin.Tag
	c := &cobra.Command{
		Use: "rename --tenant SLUG TAG [NAME]", Short: "Give a tag another name or color", Args: cobra.RangeArgs(1, 2),
		Example: `  voki tag rename --tenant example Billing Invoices
  voki tag rename --tenant example Billing --color "#ef4444"`,
	}
	c.Flags().StringVar(&to.Color, "color", "", "another color, `#rrggbb`")
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, args []string) error {
		if len(args) > 1 {
			to.Name = args[1]
		}
		if to.Name == "" && to.Color == "" {
			return errors.New("neither a new name nor --color is given")
		}
		changed, err := ops.RenameTag(c.Context(), tenant, args[0], to)
		if err != nil {
			return err
		}
		return table(c.OutOrStdout(), changed)
	})
}

func newTagRemove() *cobra.Command {
	c := &cobra.Command{
		Use: "remove --tenant SLUG TAG", Short: "Remove a tag, and so from all calls", Args: cobra.ExactArgs(1),
		Example: `  voki tag remove --tenant example Invoices`,
	}
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, args []string) error {
		removed, err := ops.RemoveTag(c.Context(), tenant, args[0])
		if err != nil {
			return err
		}
		return table(c.OutOrStdout(), removed)
	})
}

// table writes a tag a line: id, color, name.
func table(w io.Writer, tags ...admin.Tag) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, tag := range tags {
		fmt.Fprintf(t, "%s\t%s\t%s\n", tag.ID, tag.Color, tag.Name)
	}
	return t.Flush()
}
