package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/examples/selfhosted/admin"
)

func newWebhook() *cobra.Command {
	c := &cobra.Command{
		Use:   "webhook",
		Short: "See what was sent to a company's webhooks, test them, send again",
		Long: `See what was sent to the webhooks of a company, which voki.yaml names, test them, and send again.

All but test work while the server runs, and while it does not; what is to be sent again goes out when it runs.`,
		Example: `  voki webhook list --tenant example
  voki webhook test --tenant example wh_3f1c0a9b7d52
  voki webhook deliveries --tenant example --state failed
  voki webhook redeliver --tenant example evt_00000000002a6c1f0e9d8b7a65544332`,
	}
	c.AddCommand(newWebhookList(), newWebhookDeliveries(), newWebhookTest(), newWebhookRedeliver())
	return c
}

func newWebhookList() *cobra.Command {
	c := &cobra.Command{
		Use: "list --tenant SLUG", Short: "List the webhooks", Args: cobra.NoArgs,
		Long: `List the webhooks: id, state, URL and events. One that is gone has answered 410, and gets nothing until the server
is started again, or a test or a redelivery reaches it.`,
		Example: `  voki webhook list --tenant example`,
	}
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, _ []string) error {
		hooks, err := ops.Webhooks(c.Context(), tenant)
		if err != nil {
			return err
		}
		return columns(c.OutOrStdout(), "no webhooks: voki.yaml names them", hooks, func(w admin.Webhook) []string {
			return []string{w.ID, w.State, w.URL, strings.Join(w.Events, " ")}
		})
	})
}

func newWebhookDeliveries() *cobra.Command {
	var f follow.Filter
	var states []string
	var limit int
	c := &cobra.Command{
		Use: "deliveries --tenant SLUG", Short: "List what was sent, and what waits", Args: cobra.NoArgs,
		Long: `List the newest deliveries, oldest first: id, state, event, webhook, number of tries, when it ended or what it waits for,
and what came of the last try. voki jobs show tells all tries of one.`,
		Example: `  voki webhook deliveries --tenant example --state failed,pending
  voki webhook deliveries --tenant example --webhook wh_3f1c0a9b7d52 --limit 500`,
	}
	c.Flags().StringVar(&f.Target, "webhook", "", "of the webhook of this `id` alone")
	c.Flags().StringVar(&f.CallID, "call", "", "of the call of this `id` alone")
	c.Flags().StringSliceVar(&states, "state", nil, "in these `states` alone: "+stateNames())
	c.Flags().IntVar(&limit, "limit", 50, "`number` of deliveries")
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, _ []string) error {
		for _, s := range states {
			if !slices.Contains(follow.States(), follow.State(s)) {
				return fmt.Errorf("--state %q: there are %s", s, stateNames())
			}
			f.States = append(f.States, follow.State(s))
		}
		if limit < 1 {
			return fmt.Errorf("--limit %d: must be at least 1", limit)
		}
		list, err := ops.Deliveries(c.Context(), tenant, f, limit)
		if err != nil {
			return err
		}
		return columns(c.OutOrStdout(), "no deliveries", list, deliveryCells)
	})
}

func deliveryCells(j follow.Job) []string {
	said := j.Result
	if n := len(j.Tries); n > 0 && said == "" {
		said = j.Tries[n-1].Outcome + " " + j.Tries[n-1].Error
	}
	return []string{j.ID, string(j.State), j.Kind, j.Target, strconv.Itoa(j.Attempts), when(j), orDash(oneLine(said))}
}

func newWebhookTest() *cobra.Command {
	c := &cobra.Command{
		Use: "test --tenant SLUG WEBHOOK", Short: "Send a test event", Args: cobra.ExactArgs(1),
		Long:    `Send the event webhook.test, once, and say what the receiver answered. The server must run: it is what sends.`,
		Example: `  voki webhook test --tenant example wh_3f1c0a9b7d52`,
	}
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, args []string) error {
		try, err := ops.TestWebhook(c.Context(), tenant, args[0])
		if err != nil {
			return err
		}
		if try.Error != "" {
			return fmt.Errorf("%s after %s: %s", try.Outcome, try.Took.Round(time.Millisecond), try.Error)
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s after %s\n", try.Outcome, try.Took.Round(time.Millisecond))
		return err
	})
}

func newWebhookRedeliver() *cobra.Command {
	c := &cobra.Command{
		Use: "redeliver --tenant SLUG ID", Short: "Send a delivery once more, under its id", Args: cobra.ExactArgs(1),
		Example: `  voki webhook redeliver --tenant example evt_00000000002a6c1f0e9d8b7a65544332`,
	}
	return tenantCommand(c, func(c *cobra.Command, ops admin.Ops, tenant string, args []string) error {
		if err := ops.Redeliver(c.Context(), tenant, args[0]); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.OutOrStdout(), args[0], "is sent once more, in its turn")
		return err
	})
}

// columns writes a line for each of a list, or what to say of an empty one.
func columns[T any](w io.Writer, none string, list []T, cells func(T) []string) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, none)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, entry := range list {
		fmt.Fprintln(t, strings.Join(cells(entry), "\t"))
	}
	return t.Flush()
}
