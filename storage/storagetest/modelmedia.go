package storagetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
)

// This file holds what the model keeps of files and recordings.

func (m *model) File(tenant, id string) (media.File, error) {
	return get(m.files, tenant, id, media.ErrFileNotFound)
}

func (m *model) Files(tenant, callID string) ([]media.File, error) {
	files := pick(m.files, func(f media.File) bool { return f.Tenant == tenant && f.CallID == callID })
	slices.SortFunc(files, func(a, b media.File) int { return cmp.Compare(a.ID, b.ID) })
	return files, nil
}

func (m *model) PutFile(f media.File) error {
	m.files[key(f.Tenant, f.ID)] = f
	return nil
}

func (m *model) DeleteFile(tenant, id string) error {
	delete(m.files, key(tenant, id))
	return nil
}

func (m *model) Recording(tenant, callID string) (media.Recording, error) {
	r, err := get(m.recordings, tenant, callID, media.ErrNoRecording)
	r.Tracks = slices.Clone(r.Tracks)
	return r, err
}

func (m *model) PutRecording(r media.Recording) error {
	r.Tracks = append([]media.Track(nil), r.Tracks...) // none are nil
	m.recordings[key(r.Tenant, r.CallID)] = r
	return nil
}

func (m *model) DeleteRecording(tenant, callID string) error {
	delete(m.recordings, key(tenant, callID))
	return nil
}

func (m *model) Recordings(after call.Key, limit int) ([]media.Recording, error) {
	of := func(r media.Recording) call.Key { return key(r.Tenant, r.CallID) }
	behind := pick(m.recordings, func(r media.Recording) bool { return compareKeys(of(r), after) > 0 })
	slices.SortFunc(behind, func(a, b media.Recording) int { return compareKeys(of(a), of(b)) })
	for i := range behind {
		behind[i].Tracks = slices.Clone(behind[i].Tracks)
	}
	return first(behind, limit), nil
}

func (m *model) Draft(tenant, callID string) (media.Draft, bool, error) {
	d, found := m.drafts[key(tenant, callID)]
	return d, found, nil
}

func (m *model) Drafts(after call.Key, limit int) ([]media.Draft, error) {
	of := func(d media.Draft) call.Key { return key(d.Tenant, d.CallID) }
	behind := pick(m.drafts, func(d media.Draft) bool { return compareKeys(of(d), after) > 0 })
	slices.SortFunc(behind, func(a, b media.Draft) int { return compareKeys(of(a), of(b)) })
	return first(behind, limit), nil
}

func (m *model) PutDraft(d media.Draft) error {
	m.drafts[key(d.Tenant, d.CallID)] = d
	return nil
}

func (m *model) DeleteDraft(tenant, callID string) error {
	delete(m.drafts, key(tenant, callID))
	m.parts = slices.DeleteFunc(m.parts, func(p media.Part) bool { return p.Tenant == tenant && p.CallID == callID })
	return nil
}

func (m *model) Part(tenant, callID string, track media.TrackName, n int) (media.Part, bool, error) {
	want := media.Part{Tenant: tenant, CallID: callID, Track: track, N: n}
	for _, p := range m.parts {
		if samePlace(p, want) {
			return p, true, nil
		}
	}
	return media.Part{}, false, nil
}

func (m *model) Parts(tenant, callID string) ([]media.Part, error) {
	var parts []media.Part
	for _, p := range m.parts {
		if p.Tenant == tenant && p.CallID == callID {
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, func(a, b media.Part) int { return cmp.Or(cmp.Compare(a.Track, b.Track), cmp.Compare(a.N, b.N)) })
	return parts, nil
}

func (m *model) PutPart(p media.Part) error {
	m.parts = slices.DeleteFunc(m.parts, func(there media.Part) bool { return samePlace(there, p) })
	m.parts = append(m.parts, p)
	return nil
}

func samePlace(a, b media.Part) bool {
	return a.Tenant == b.Tenant && a.CallID == b.CallID && a.Track == b.Track && a.N == b.N
}

func (m *model) PutPending(p media.Pending) error {
	m.pending[p.Key] = p
	return nil
}

func (m *model) PendingBlob(key string) (media.Pending, bool, error) {
	p, found := m.pending[key]
	p.Key = key
	return p, found, nil
}

func (m *model) DeletePending(key string) error {
	delete(m.pending, key)
	return nil
}

func (m *model) Pending(before time.Time, limit int) ([]media.Pending, error) {
	older := pick(m.pending, func(p media.Pending) bool { return p.Time.Before(before) })
	slices.SortFunc(older, comparePending)
	return first(older, limit), nil
}

func comparePending(a, b media.Pending) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Key, b.Key))
}
