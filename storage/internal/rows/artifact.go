package rows

import (
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// Transcript implements [ai.Tx].
func (t *tx) Transcript(tenant, callID string) (ai.Transcript, error) {
	s, found, err := read(t, keyOf(tableTranscript, tenant, callID), decodeTranscript)
	if err != nil || !found {
		return ai.Transcript{}, absent(err, ai.ErrNoTranscript)
	}
	s.Tenant, s.CallID = tenant, callID
	return s, nil
}

// PutTranscript implements [ai.Tx].
func (t *tx) PutTranscript(s ai.Transcript) error {
	return t.put(keyOf(tableTranscript, s.Tenant, s.CallID), transcriptRow(s))
}

// DeleteTranscript implements [ai.Tx].
func (t *tx) DeleteTranscript(tenant, callID string) error {
	return t.drop(keyOf(tableTranscript, tenant, callID))
}

// Summary implements [ai.Tx].
func (t *tx) Summary(tenant, callID string) (ai.Summary, error) {
	s, found, err := read(t, keyOf(tableSummary, tenant, callID), decodeSummary)
	if err != nil || !found {
		return ai.Summary{}, absent(err, ai.ErrNoSummary)
	}
	s.Tenant, s.CallID = tenant, callID
	return s, nil
}

// PutSummary implements [ai.Tx].
func (t *tx) PutSummary(s ai.Summary) error {
	return t.put(keyOf(tableSummary, s.Tenant, s.CallID), summaryRow(s))
}

// DeleteSummary implements [ai.Tx].
func (t *tx) DeleteSummary(tenant, callID string) error {
	return t.drop(keyOf(tableSummary, tenant, callID))
}

func transcriptRow(s ai.Transcript) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, s.Text)
		w.String(2, s.Language)
		w.Time(3, s.GeneratedAt)
	}
}

func decodeTranscript(r *rowcodec.Reader) (s ai.Transcript) {
	for r.Next() {
		switch r.Field() {
		case 1:
			s.Text = r.String()
		case 2:
			s.Language = r.String()
		case 3:
			s.GeneratedAt = r.Time()
		}
	}
	return s
}

func summaryRow(s ai.Summary) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, s.Text)
		w.String(2, s.Provider)
		w.String(3, s.Model)
		w.Time(4, s.GeneratedAt)
	}
}

func decodeSummary(r *rowcodec.Reader) (s ai.Summary) {
	for r.Next() {
		switch r.Field() {
		case 1:
			s.Text = r.String()
		case 2:
			s.Provider = r.String()
		case 3:
			s.Model = r.String()
		case 4:
			s.GeneratedAt = r.Time()
		}
	}
	return s
}
