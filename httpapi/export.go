package httpapi

import (
	"cmp"
	"encoding/csv"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

// exportColumns are those of the export, in this order.
var exportColumns = []string{
	"id", "status", "department", "attendant", "customer_name", "customer_email", "duration", "wait_time", "rating",
	"started_at", "completed_at",
}

// exportCalls writes all calls that a list would show on its pages, as CSV (RFC 4180, in UTF-8). The reply begins with
// the first row, so that a failure before it is told as any other; one behind it cuts the connection, and the client
// does not take the rest for whole.
func (rq *request) exportCalls() error {
	q, err := parseExport(rq.r.URL.RawQuery, rq.tenant.Location)
	if err != nil {
		return err
	}
	q.Tenant = rq.actor.Tenant
	err = rq.s.o.Policy.Scope(rq.ctx(), rq.actor, &q)
	if errors.Is(err, call.ErrNotFound) {
		q.Statuses, err = []call.Status{}, nil // which lets nothing through
	}
	if err != nil {
		return err
	}
	w := csv.NewWriter(rq.w)
	w.UseCRLF = true
	cells := make([]string, len(exportColumns))
	for c, err := range rq.s.voki.Calls.All(rq.ctx(), rq.actor, q) {
		if err != nil {
			return err
		}
		rq.beginExport(w)
		if rq.r.Method == http.MethodHead {
			return nil
		}
		exportRow(cells, &c)
		if w.Write(cells) != nil {
			return nil // the client is gone
		}
	}
	rq.beginExport(w)
	w.Flush()
	return nil
}

// beginExport sends the header and the names of the columns, once.
func (rq *request) beginExport(w *csv.Writer) {
	if rq.w.begun {
		return
	}
	h := rq.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", attachment("calls.csv"))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	rq.w.WriteHeader(http.StatusOK)
	_ = w.Write(exportColumns) // its error comes again with the next row
}

func exportRow(cells []string, c *call.Call) {
	duration, ended := c.Duration()
	wait, started := c.WaitTime()
	rating := ""
	if c.Rating > 0 {
		rating = strconv.Itoa(c.Rating)
	}
	copy(cells, []string{
		harmless(c.ID), string(c.Status),
		harmless(cmp.Or(c.Department.Name, c.Department.ID)), harmless(cmp.Or(c.User.Name, c.User.ID)),
		harmless(c.Customer.Name), harmless(c.Customer.Email),
		exportSeconds(duration, ended), exportSeconds(wait, started), rating,
		exportTime(c.StartedAt), exportTime(c.CompletedAt()),
	})
}

func exportSeconds(d time.Duration, ok bool) string {
	if !ok {
		return ""
	}
	return strconv.FormatInt(seconds(d), 10)
}

func exportTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return string(appendTime(nil, t))
}

// formula finds what a spreadsheet runs: a cell that begins, behind what cannot be seen, with one of the characters of a
// formula in any width. Programs that take a semicolon, a tab or a line break for the end of a cell see more beginnings.
var formula = regexp.MustCompile(`(^|[;\t\r\n|])([\pZ\pC]*[=+\-@＝＋－＠﹢﹣﹦﹫−])`)

// harmless returns a text such that no spreadsheet takes it, or a part of it, for a formula: an apostrophe says that
// text follows.
func harmless(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = formula.ReplaceAllString(s, "$1'$2")
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") {
		return "'" + s
	}
	return s
}
