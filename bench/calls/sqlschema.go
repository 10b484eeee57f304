package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

// The tables are the same in SQLite and PostgreSQL: the API's columns, names and addresses folded, and a number in the
// order of arrival. There are no tenants: whoever uses these would give each a file or a schema.
const columns = `id, status, department_id, department_name, user_id, user_name, customer_name, customer_email,
	customer_phone, duration, wait_time, rating, notes, has_recording, started_at, completed_at, inserted_at`

// createTable makes a table of calls, whose times are seconds since 1970.
func createTable(name string) string {
	return `CREATE TABLE ` + name + ` (n BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
	department_id TEXT, department_name TEXT, user_id TEXT, user_name TEXT, customer_name TEXT, customer_email TEXT,
	customer_phone TEXT, duration BIGINT, wait_time BIGINT, rating BIGINT, notes TEXT, has_recording BOOLEAN NOT NULL,
	started_at BIGINT, completed_at BIGINT, inserted_at BIGINT NOT NULL, reason TEXT, name_folded TEXT NOT NULL,
	folded TEXT NOT NULL)`
}

// tableColumns are those of a whole row, in the table's order.
var tableColumns = strings.Split("n, id, status, department_id, department_name, user_id, user_name, customer_name, "+
	"customer_email, customer_phone, duration, wait_time, rating, notes, has_recording, started_at, completed_at, "+
	"inserted_at, reason, name_folded, folded", ", ")

// indexes are one for each question, which it also counts by.
var indexes = []string{
	"CREATE INDEX by_time ON calls (inserted_at, id)",
	"CREATE INDEX by_department ON calls (status, department_id, inserted_at, id)",
	"CREATE INDEX by_user ON calls (user_id, status, inserted_at, id)",
	"CREATE INDEX by_duration ON calls (status, duration, id)",
	"CREATE INDEX by_name ON calls (name_folded, id)",
}

// values are a call as a row, in the table's order.
func values(n int, c call.Call) []any {
	name, both := folded(c)
	return []any{
		n, c.ID, string(c.Status), text(c.Department.ID), text(c.Department.Name), text(c.User.ID), text(c.User.Name),
		text(c.Customer.Name), text(c.Customer.Email), text(c.Customer.Phone), whole(c.Duration()), whole(c.WaitTime()),
		number(int64(c.Rating)), text(c.Notes), c.HasRecording, epoch(c.StartedAt), epoch(c.CompletedAt()),
		epoch(c.InsertedAt), text(c.Reason), name, both,
	}
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func number(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func whole(d time.Duration, ok bool) any {
	if !ok {
		return nil
	}
	return int64(d / time.Second)
}

func epoch(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// search says how a backend finds rows by a part of name or address. No question has a quote in it.
type search struct {
	rows  string // a condition on calls, with %s for the text
	count string // a query for the number of rows that have the text
}

// statements are the queries for the rows and the total of a question. Their values stand in them, so that each is
// planned for what it asks.
func (q question) statements(s search) (rows, count string) {
	var where []string
	add := func(format string, values ...any) { where = append(where, fmt.Sprintf(format, values...)) }
	if q.Status != "" {
		add("status = '%s'", q.Status)
	}
	if q.Department != "" {
		add("department_id = '%s'", q.Department)
	}
	if q.User != "" {
		add("user_id = '%s'", q.User)
	}
	if !q.From.IsZero() {
		add("inserted_at >= %d AND inserted_at < %d", q.From.Unix(), q.To.AddDate(0, 0, 1).Unix())
	}
	condition := ""
	if where != nil {
		condition = " WHERE " + strings.Join(where, " AND ")
	}
	count = "SELECT count(*) FROM calls" + condition
	if q.Search != "" {
		condition, count = " WHERE "+fmt.Sprintf(s.rows, q.Search), fmt.Sprintf(s.count, q.Search)
	}
	order := fmt.Sprintf(" ORDER BY %s %s, id %s", q.column(), q.order(), q.order())
	// The inner query is answered by an index alone, however many rows it skips.
	rows = fmt.Sprintf("SELECT %s FROM calls WHERE id IN (SELECT id FROM calls%s%s LIMIT %d OFFSET %d)%s",
		columns, condition, order, pageSize, (q.Page-1)*pageSize, order)
	return rows, count
}
