package storagetest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// model is a store at its plainest, and a transaction on itself: maps, and a filter and a sort for each question.
type model struct {
	calls       map[call.Key]call.Call
	events      []call.Event
	numbers     []uint64                     // of the next events, given by a store; without them the model counts itself
	waits       map[call.Key][]time.Duration // by tenant and department
	tags        map[call.Key]tag.Tag
	callTags    map[call.Key][]string
	notes       []notes.Note
	files       map[call.Key]media.File
	recordings  map[call.Key]media.Recording
	drafts      map[call.Key]media.Draft
	parts       []media.Part
	pending     map[string]media.Pending
	transcripts map[call.Key]ai.Transcript
	summaries   map[call.Key]ai.Summary
	settings    map[string][]byte
	jobs        map[call.Key]follow.Job
	cursors     map[call.Key]uint64 // by queue and tenant
}

var _ storage.Tx = (*model)(nil)

func newModel() *model {
	return &model{
		calls:       map[call.Key]call.Call{},
		waits:       map[call.Key][]time.Duration{},
		tags:        map[call.Key]tag.Tag{},
		callTags:    map[call.Key][]string{},
		files:       map[call.Key]media.File{},
		recordings:  map[call.Key]media.Recording{},
		drafts:      map[call.Key]media.Draft{},
		pending:     map[string]media.Pending{},
		transcripts: map[call.Key]ai.Transcript{},
		summaries:   map[call.Key]ai.Summary{},
		settings:    map[string][]byte{},
		jobs:        map[call.Key]follow.Job{},
		cursors:     map[call.Key]uint64{},
	}
}

// clone returns a model whose changes leave m as it is. What the maps hold is never changed, only replaced.
func (m *model) clone() *model {
	return &model{
		calls:       maps.Clone(m.calls),
		events:      slices.Clone(m.events),
		waits:       maps.Clone(m.waits),
		tags:        maps.Clone(m.tags),
		callTags:    maps.Clone(m.callTags),
		notes:       slices.Clone(m.notes),
		files:       maps.Clone(m.files),
		recordings:  maps.Clone(m.recordings),
		drafts:      maps.Clone(m.drafts),
		parts:       slices.Clone(m.parts),
		pending:     maps.Clone(m.pending),
		transcripts: maps.Clone(m.transcripts),
		summaries:   maps.Clone(m.summaries),
		settings:    maps.Clone(m.settings),
		jobs:        maps.Clone(m.jobs),
		cursors:     maps.Clone(m.cursors),
	}
}

func key(tenant, id string) call.Key { return call.Key{Tenant: tenant, ID: id} }

func compareKeys(a, b call.Key) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.ID, b.ID))
}

// get looks a row up.
func get[T any](rows map[call.Key]T, tenant, id string, missing error) (T, error) {
	row, ok := rows[key(tenant, id)]
	if !ok {
		return row, missing
	}
	return row, nil
}

// pick returns those rows that match.
func pick[K comparable, T any](rows map[K]T, match func(T) bool) []T {
	var picked []T
	for _, row := range rows {
		if match(row) {
			picked = append(picked, row)
		}
	}
	return picked
}

func first[T any](rows []T, limit int) []T { return rows[:min(limit, len(rows))] }

func (m *model) Call(tenant, id string) (call.Call, error) {
	return get(m.calls, tenant, id, call.ErrNotFound)
}

func (m *model) PutCall(c call.Call) error {
	m.calls[key(c.Tenant, c.ID)] = c
	return nil
}

func (m *model) AppendEvent(e call.Event) (call.Event, error) {
	last := m.last(e.Tenant)
	e.Seq = last + 1
	if len(m.numbers) > 0 {
		e.Seq, m.numbers = m.numbers[0], m.numbers[1:]
	}
	if e.Seq <= last {
		return e, fmt.Errorf("event %d of %q comes after event %d", e.Seq, e.Tenant, last)
	}
	m.events = append(m.events, e)
	return e, nil
}

// last is the newest number of the tenant's log.
func (m *model) last(tenant string) (number uint64) {
	for _, e := range m.events {
		if e.Tenant == tenant {
			number = e.Seq
		}
	}
	return number
}

func (m *model) Events(tenant string, after uint64, limit int) ([]call.Event, error) {
	var events []call.Event
	for _, e := range m.events {
		if e.Tenant == tenant && e.Seq > after {
			events = append(events, e)
		}
	}
	return first(events, limit), nil
}

func (m *model) Logs(after string, limit int) ([]call.LogHead, error) {
	newest := map[string]uint64{}
	for _, e := range m.events {
		newest[e.Tenant] = max(newest[e.Tenant], e.Seq)
	}
	var heads []call.LogHead
	for _, tenant := range slices.Sorted(maps.Keys(newest)) {
		if tenant > after {
			heads = append(heads, call.LogHead{Tenant: tenant, Seq: newest[tenant]})
		}
	}
	return first(heads, limit), nil
}

func (m *model) LastEvent(tenant string) (uint64, error) { return m.last(tenant), nil }

func (m *model) CallEvents(tenant, id string, after uint64, limit int) ([]call.Event, error) {
	var events []call.Event
	for _, e := range m.events {
		if e.Tenant == tenant && e.CallID == id && e.Seq > after {
			events = append(events, e)
		}
	}
	return first(events, limit), nil
}

func (m *model) Queue(tenant, department string) ([]string, error) {
	queued := pick(m.calls, func(c call.Call) bool {
		return c.Tenant == tenant && c.Department.ID == department && c.Status == call.Queued
	})
	slices.SortFunc(queued, func(a, b call.Call) int {
		return cmp.Or(a.InsertedAt.Compare(b.InsertedAt), cmp.Compare(a.ID, b.ID))
	})
	return ids(queued), nil
}

func (m *model) DueCalls(until time.Time, limit int) ([]call.DueCall, error) {
	var due []call.DueCall
	for k, c := range m.calls {
		if d, ok := c.Due(); ok && !d.At.After(until) {
			due = append(due, call.DueCall{Key: k, At: d.At})
		}
	}
	slices.SortFunc(due, compareDue)
	return first(due, limit), nil
}

func compareDue(a, b call.DueCall) int { return cmp.Or(a.At.Compare(b.At), compareKeys(a.Key, b.Key)) }

func (m *model) OpenCalls(after call.Key, limit int) ([]call.Key, error) {
	var open []call.Key
	for k, c := range m.calls {
		if !c.Status.Ended() && compareKeys(k, after) > 0 {
			open = append(open, k)
		}
	}
	slices.SortFunc(open, compareKeys)
	return first(open, limit), nil
}

func (m *model) Waits(tenant, department string) ([]time.Duration, error) {
	return slices.Clone(m.waits[key(tenant, department)]), nil
}

func (m *model) PutWaits(tenant, department string, waits []time.Duration) error {
	m.waits[key(tenant, department)] = slices.Clone(waits)
	return nil
}

func (m *model) Setting(name string) ([]byte, error) { return bytes.Clone(m.settings[name]), nil }

func (m *model) PutSetting(name string, value []byte) error {
	m.settings[name] = bytes.Clone(value)
	return nil
}
