package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/avanter/voki/call"
)

const pageSize = 20

// question is one of the eight queries.
type question struct {
	Name             string // the same for all numbers of calls
	Status           call.Status
	Department, User string
	From, To         time.Time // whole days, both included
	Search           string
	Sort             call.Sort
	Asc              bool
	Page             int

	floor, aim float64 // times SQLite's requests a second with 8 clients, of a million calls
}

// questions asks for the pages that are 25,000 and 500 of a million calls, and as far down for other numbers.
func questions(calls int) []question {
	middle, names := max(calls/40, 1), max(calls/2000, 1)
	june := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	return []question{
		{Name: "first page, newest first", Sort: call.SortInsertedAt, Page: 1, floor: 10, aim: 15},
		{Name: "the page in the middle", Sort: call.SortInsertedAt, Page: middle, floor: 20, aim: 30},
		{
			Name: "status + department + 30 days", Status: call.Completed, Department: departmentID(4), From: june,
			To: june.AddDate(0, 0, 29), Sort: call.SortInsertedAt, Page: 1, floor: 2.5, aim: 3,
		},
		{
			Name: "agent + status", Status: call.Completed, User: agentID(17), Sort: call.SortInsertedAt, Page: 1,
			floor: 2.5, aim: 3.5,
		},
		{Name: "search " + commonWord, Search: commonWord, Sort: call.SortInsertedAt, Page: 1, floor: 5, aim: 20},
		{Name: "search " + rareWord, Search: rareWord, Sort: call.SortInsertedAt, Page: 1, floor: 10, aim: 15},
		{Name: "by duration, one status", Status: call.Completed, Sort: call.SortDuration, Page: 1, floor: 50, aim: 100},
		{
			Name: "by customer name, 1 % down", Sort: call.SortCustomerName, Asc: true, Page: names,
			floor: 10, aim: 20,
		},
	}
}

// title names the page, too, if it is not the first.
func (q question) title() string {
	if q.Page == 1 {
		return q.Name
	}
	return fmt.Sprintf("%s (%d)", q.Name, q.Page)
}

func (q question) order() string {
	if q.Asc {
		return "asc"
	}
	return "desc"
}

// vokiPath asks the API's own route.
func (q question) vokiPath() string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("page", strconv.Itoa(q.Page))
	set("page_size", strconv.Itoa(pageSize))
	set("sort_by", string(q.Sort))
	set("sort_order", q.order())
	set("status", string(q.Status))
	set("department_id", q.Department)
	set("user_id", q.User)
	set("search", q.Search)
	if !q.From.IsZero() {
		set("date_from", q.From.Format(time.DateOnly))
		set("date_to", q.To.Format(time.DateOnly))
	}
	return "/api/v1/calls?" + v.Encode()
}

// pocketPath asks PocketBase.
func (q question) pocketPath() string {
	var filter []string
	add := func(format, value string) {
		if value != "" {
			filter = append(filter, fmt.Sprintf(format, value))
		}
	}
	add("status = %q", string(q.Status))
	add("department_id = %q", q.Department)
	add("user_id = %q", q.User)
	add("folded ~ %q", q.Search)
	if !q.From.IsZero() {
		add("inserted_at >= %q", pocketTime(q.From))
		add("inserted_at < %q", pocketTime(q.To.AddDate(0, 0, 1)))
	}
	sign := "-"
	if q.Asc {
		sign = ""
	}
	v := url.Values{
		"page": {strconv.Itoa(q.Page)}, "perPage": {strconv.Itoa(pageSize)},
		"sort": {sign + q.column() + "," + sign + "id"},
	}
	if filter != nil {
		v.Set("filter", strings.Join(filter, " && "))
	}
	return "/api/collections/calls/records?" + v.Encode()
}

// column is what the peers sort by.
func (q question) column() string {
	if q.Sort == call.SortCustomerName {
		return "name_folded"
	}
	return string(q.Sort)
}
