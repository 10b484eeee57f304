package storagetest

import (
	"cmp"
	"slices"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/tag"
)

// This file holds what the model keeps beside calls and their log.

func (m *model) Tag(tenant, id string) (tag.Tag, error) {
	return get(m.tags, tenant, id, tag.ErrNotFound)
}

func (m *model) Tags(tenant string) ([]tag.Tag, error) {
	tags := pick(m.tags, func(t tag.Tag) bool { return t.Tenant == tenant })
	slices.SortFunc(tags, func(a, b tag.Tag) int { return cmp.Compare(a.ID, b.ID) })
	return tags, nil
}

func (m *model) PutTag(t tag.Tag) error {
	m.tags[key(t.Tenant, t.ID)] = t
	return nil
}

func (m *model) DeleteTag(tenant, id string) error {
	delete(m.tags, key(tenant, id))
	return nil
}

func (m *model) CallTags(tenant, callID string) ([]string, error) {
	return slices.Clone(m.callTags[key(tenant, callID)]), nil
}

func (m *model) PutCallTags(tenant, callID string, ids []string) error {
	m.callTags[key(tenant, callID)] = slices.Clone(ids)
	return nil
}

func (m *model) Notes(tenant, callID string) ([]notes.Note, error) {
	var all []notes.Note
	for _, n := range m.notes {
		if n.Tenant == tenant && n.CallID == callID {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b notes.Note) int { return cmp.Compare(a.Seq, b.Seq) })
	return all, nil
}

func (m *model) PutNote(n notes.Note) error {
	at := slices.IndexFunc(m.notes, func(there notes.Note) bool {
		return there.Tenant == n.Tenant && there.CallID == n.CallID && there.Seq == n.Seq
	})
	if at >= 0 {
		m.notes[at] = n
		return nil
	}
	m.notes = append(m.notes, n)
	return nil
}

func (m *model) Transcript(tenant, callID string) (ai.Transcript, error) {
	return get(m.transcripts, tenant, callID, ai.ErrNoTranscript)
}

func (m *model) PutTranscript(t ai.Transcript) error {
	m.transcripts[key(t.Tenant, t.CallID)] = t
	return nil
}

func (m *model) DeleteTranscript(tenant, callID string) error {
	delete(m.transcripts, key(tenant, callID))
	return nil
}

func (m *model) Summary(tenant, callID string) (ai.Summary, error) {
	return get(m.summaries, tenant, callID, ai.ErrNoSummary)
}

func (m *model) PutSummary(s ai.Summary) error {
	m.summaries[key(s.Tenant, s.CallID)] = s
	return nil
}

func (m *model) DeleteSummary(tenant, callID string) error {
	delete(m.summaries, key(tenant, callID))
	return nil
}
