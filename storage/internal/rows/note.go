package rows

import (
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// Notes implements [notes.Tx].
func (t *tx) Notes(tenant, callID string) (all []notes.Note, err error) {
	err = t.under(keyOf(tableNote, tenant, callID), func(k key, row []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		n, err := decodeRow(k, row, decodeNote)
		n.Tenant, n.CallID, n.Seq = tenant, callID, p.numbers[0]
		all = append(all, n)
		return true, err
	})
	return all, err
}

// PutNote implements [notes.Tx].
func (t *tx) PutNote(n notes.Note) error {
	return t.put(keyOf(tableNote, n.Tenant, n.CallID).number(n.Seq), noteRow(n))
}

func noteRow(n notes.Note) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, n.ID)
		w.Time(2, n.Time)
		w.String(3, n.AuthorID)
		w.String(4, n.AuthorName)
		w.String(5, n.Text)
		w.Bool(6, n.Erased)
	}
}

func decodeNote(r *rowcodec.Reader) (n notes.Note) {
	for r.Next() {
		switch r.Field() {
		case 1:
			n.ID = r.String()
		case 2:
			n.Time = r.Time()
		case 3:
			n.AuthorID = r.String()
		case 4:
			n.AuthorName = r.String()
		case 5:
			n.Text = r.String()
		case 6:
			n.Erased = r.Bool()
		}
	}
	return n
}
