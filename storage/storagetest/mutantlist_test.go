package storagetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
)

// mutants are the ways in which a store is likely to be wrong.
func mutants() []mutant {
	return []mutant{
		{"none", "Calls Queue Transactions ListSearch", nil},

		// Transactions and their ends.
		{"keeps what a failed update wrote", "Transactions Model", func(s *naive) { s.leaky = true }},
		{"runs updates side by side", "Concurrency", func(s *naive) { s.unordered = true }},
		{"looks at no context", "Transactions", func(s *naive) { s.tireless = true }},
		{"reads on after Close", "Close", func(s *naive) { s.undead = true }},
		{"loses all at Close", "Reopen ReopenLimits Model", func(s *naive) { s.lossy = true }},
		{"drops wake-ups", "Appended", func(s *naive) { s.deaf = true }},
		{"wakes before the commit", "Appended", func(s *naive) { s.early = true }},
		{"lets those wait on whom Close should wake", "Close", func(s *naive) { s.silent = true }},
		{"lists what was before", "Concurrency Model", func(s *naive) { s.stale = true }},

		// Keys.
		{"joins tenant and id", "Isolation", inTx(func(tx *mutatedTx, m *model) {
			tx.call = func(tenant, id string) (call.Call, error) {
				found := call.Call{}
				for k, c := range m.calls { // of two that are joined to the same, the one with the shorter tenant's name
					if joined(k) == tenant+"/"+id && (found.Tenant == "" || len(k.Tenant) < len(found.Tenant)) {
						found = c
					}
				}
				if found.Tenant == "" {
					return call.Call{}, call.ErrNotFound
				}
				return found, nil
			}
		})},
		{"deletes the tags of all tenants", "Isolation", inTx(func(tx *mutatedTx, m *model) {
			tx.deleteTag = func(_, id string) error {
				for k := range m.tags {
					if k.ID == id {
						delete(m.tags, k)
					}
				}
				return nil
			}
		})},
		{"deletes all files of the call", "Media", inTx(func(tx *mutatedTx, m *model) {
			tx.dropFile = func(tenant, id string) error {
				of := m.files[key(tenant, id)].CallID
				maps.DeleteFunc(m.files, func(k call.Key, f media.File) bool { return k.Tenant == tenant && f.CallID == of })
				return nil
			}
		})},
		{"deletes the recordings of all tenants", "Media", inTx(func(tx *mutatedTx, m *model) {
			tx.dropAudio = func(_, callID string) error {
				maps.DeleteFunc(m.recordings, func(k call.Key, _ media.Recording) bool { return k.ID == callID })
				return nil
			}
		})},
		{"keeps a transcript that was deleted", "Artifacts", inTx(func(tx *mutatedTx, _ *model) {
			tx.dropText = func(string, string) error { return nil }
		})},
		{"deletes the transcript for the summary", "Artifacts", inTx(func(tx *mutatedTx, m *model) {
			tx.dropGist = m.DeleteTranscript
		})},
		{"cuts ids off", "Isolation", inTx(func(tx *mutatedTx, m *model) {
			tx.callTags = func(tenant, id string) ([]string, error) { return m.CallTags(tenant, id[:min(len(id), 124)]) }
		})},

		// Values.
		{"forgets a field", "Calls", inPutCall(func(c *call.Call) { c.ReconnectedAt = time.Time{} })},
		{"keeps milliseconds", "Calls", inPutCall(func(c *call.Call) { c.InsertedAt = c.InsertedAt.Truncate(time.Millisecond) })},
		{"takes 1970 for no time", "Calls", inPutCall(func(c *call.Call) {
			if c.InsertedAt.UnixMicro() == 0 {
				c.InsertedAt = time.Time{}
			}
		})},
		{"shares its slices", "Copies", inTx(func(tx *mutatedTx, m *model) {
			tx.callTags = func(tenant, id string) ([]string, error) { return m.callTags[key(tenant, id)], nil }
		})},

		// Orders and bounds of what a transaction reads.
		{"counts the events of all tenants", "Events", inTx(func(tx *mutatedTx, m *model) {
			tx.append = func(e call.Event) (call.Event, error) {
				m.numbers = []uint64{uint64(len(m.events) + 1)}
				return m.AppendEvent(e)
			}
		})},
		{"queues by id", "Queue Model", inTx(func(tx *mutatedTx, m *model) {
			tx.queue = func(tenant, department string) ([]string, error) {
				ids, err := m.Queue(tenant, department)
				slices.Sort(ids)
				return ids, err
			}
		})},
		{"excludes until", "DueCalls", inTx(func(tx *mutatedTx, m *model) {
			tx.due = func(until time.Time, limit int) ([]call.DueCall, error) {
				return m.DueCalls(until.Add(-time.Microsecond), limit)
			}
		})},
		{"includes before", "Pending", inTx(func(tx *mutatedTx, m *model) {
			tx.pending = func(before time.Time, limit int) ([]media.Pending, error) {
				return m.Pending(before.Add(time.Microsecond), limit)
			}
		})},
		{"names the log it goes on behind again", "Events", inTx(func(tx *mutatedTx, m *model) {
			tx.logs = func(after string, limit int) ([]call.LogHead, error) {
				all, err := m.Logs("", everyRow)
				all = slices.DeleteFunc(all, func(h call.LogHead) bool { return h.Tenant < after })
				return first(all, limit), err
			}
		})},
		{"counts the events of a log", "Isolation Model", inTx(func(tx *mutatedTx, m *model) {
			tx.logs = func(after string, limit int) ([]call.LogHead, error) {
				all, err := m.Logs(after, limit)
				for i := range all {
					all[i].Seq++
				}
				return all, err
			}
		})},
		{"forgets what is doomed", "Pending Model", inTx(func(tx *mutatedTx, m *model) {
			tx.blob = func(key string) (media.Pending, bool, error) {
				p, found, err := m.PendingBlob(key)
				p.Doomed = false
				return p, found, err
			}
		})},
		{"finds a blob by the front of its key", "Pending", inTx(func(tx *mutatedTx, m *model) {
			tx.blob = func(key string) (media.Pending, bool, error) {
				for k, p := range m.pending {
					if strings.HasPrefix(k, key) {
						return p, true, nil
					}
				}
				return media.Pending{}, false, nil
			}
		})},
		{"orders open calls by the joined key", "OpenCalls", inTx(func(tx *mutatedTx, m *model) {
			tx.open = func(after call.Key, limit int) ([]call.Key, error) {
				keys, err := m.OpenCalls(call.Key{}, everyRow)
				keys = pickAfter(keys, after)
				slices.SortFunc(keys, func(a, b call.Key) int { return cmp.Compare(joined(a), joined(b)) })
				return first(keys, limit), err
			}
		})},
		{"orders notes by id", "Notes Model", inTx(func(tx *mutatedTx, m *model) {
			tx.notes = func(tenant, callID string) ([]notes.Note, error) {
				all, err := m.Notes(tenant, callID)
				slices.SortFunc(all, func(a, b notes.Note) int { return cmp.Compare(a.ID, b.ID) })
				return all, err
			}
		})},
		{"sorts the tags of a call", "Tags Model", inTx(func(tx *mutatedTx, m *model) {
			tx.callTags = func(tenant, id string) ([]string, error) {
				ids, err := m.CallTags(tenant, id)
				slices.Sort(ids)
				return ids, err
			}
		})},

		// The list.
		{"breaks ties by rising id", "List", reorder(func(a, b call.Call, q call.Query) int {
			x, y := placeOf(a, q.Sort), placeOf(b, q.Sort)
			x.id, y.id = "", ""
			return cmp.Or(comparePlaces(x, y, q.Asc), cmp.Compare(a.ID, b.ID))
		})},
		{"lists what lacks the value first", "List", reorder(func(a, b call.Call, q call.Query) int {
			x, y := placeOf(a, q.Sort).missing, placeOf(b, q.Sort).missing
			switch {
			case x == y:
				return 0
			case x:
				return -1
			}
			return 1
		})},
		{"compares microseconds", "List", reorder(func(a, b call.Call, q call.Query) int {
			if q.Sort != call.SortInsertedAt {
				return 0
			}
			if q.Asc {
				return a.InsertedAt.Compare(b.InsertedAt)
			}
			return b.InsertedAt.Compare(a.InsertedAt)
		})},
		{"takes an empty set for no filter", "List", inList(func(m *model, q call.Query) call.Page {
			if len(q.Statuses) == 0 {
				q.Statuses = nil
			}
			if len(q.Departments) == 0 {
				q.Departments = nil
			}
			if len(q.Users) == 0 {
				q.Users = nil
			}
			return m.list(q)
		})},
		{"takes search for a pattern", "ListSearch", inList(func(m *model, q call.Query) call.Page {
			q.Search = strings.Trim(q.Search, "%")
			return m.list(q)
		})},
		{"counts from the place on", "ListPaging", inList(func(m *model, q call.Query) call.Page {
			page := m.list(q)
			if q.After != nil {
				page.Total = len(page.Calls)
			}
			return page
		})},
		{"lists a call as it was listed first", "ListFresh", remember()},
		{"searches in the phone number", "ListSearch", inList(func(m *model, q call.Query) call.Page {
			page := m.list(q)
			for _, c := range m.calls {
				if q.Search != "" && c.Customer.Phone == q.Search {
					page.Calls, page.Total = append(page.Calls, c), page.Total+1
				}
			}
			return page
		})},
	}
}

// remember lists a call as it was when it was first listed, unless its state has changed.
func remember() func(s *naive) {
	var mu sync.Mutex
	first := map[call.Key]call.Call{}
	return inList(func(m *model, q call.Query) call.Page {
		mu.Lock()
		defer mu.Unlock()
		page := m.list(q)
		for i, c := range page.Calls {
			if known, ok := first[key(c.Tenant, c.ID)]; ok && known.Status == c.Status {
				page.Calls[i] = known
			} else {
				first[key(c.Tenant, c.ID)] = c
			}
		}
		return page
	})
}

// inPutCall is a mutation of what is written.
func inPutCall(spoil func(c *call.Call)) func(s *naive) {
	return inTx(func(tx *mutatedTx, m *model) {
		tx.putCall = func(c call.Call) error {
			spoil(&c)
			return m.PutCall(c)
		}
	})
}
