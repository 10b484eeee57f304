package rows

import (
	"github.com/avanter/voki/storage/internal/rowcodec"
	"github.com/avanter/voki/tag"
)

// Tag implements [tag.Tx].
func (t *tx) Tag(tenant, id string) (tag.Tag, error) {
	g, found, err := read(t, keyOf(tableTag, tenant, id), decodeTag)
	if err != nil || !found {
		return tag.Tag{}, absent(err, tag.ErrNotFound)
	}
	g.Tenant, g.ID = tenant, id
	return g, nil
}

// Tags implements [tag.Tx].
func (t *tx) Tags(tenant string) (tags []tag.Tag, err error) {
	err = t.under(keyOf(tableTag, tenant), func(k key, row []byte) (bool, error) {
		p, err := parse(k)
		if err != nil {
			return false, err
		}
		g, err := decodeRow(k, row, decodeTag)
		g.Tenant, g.ID = tenant, p.texts[1]
		tags = append(tags, g)
		return true, err
	})
	return tags, err
}

// PutTag implements [tag.Tx].
func (t *tx) PutTag(g tag.Tag) error { return t.put(keyOf(tableTag, g.Tenant, g.ID), tagRow(g)) }

// DeleteTag implements [tag.Tx].
func (t *tx) DeleteTag(tenant, id string) error { return t.drop(keyOf(tableTag, tenant, id)) }

// CallTags implements [tag.Tx].
func (t *tx) CallTags(tenant, callID string) ([]string, error) {
	ids, _, err := read(t, keyOf(tableCallTags, tenant, callID), decodeCallTags)
	return ids, err
}

// PutCallTags implements [tag.Tx].
func (t *tx) PutCallTags(tenant, callID string, ids []string) error {
	k := keyOf(tableCallTags, tenant, callID)
	if len(ids) == 0 {
		return t.drop(k)
	}
	return t.put(k, callTagsRow(ids))
}

func tagRow(g tag.Tag) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		w.String(1, g.Name)
		w.String(2, g.Color)
	}
}

func decodeTag(r *rowcodec.Reader) (g tag.Tag) {
	for r.Next() {
		switch r.Field() {
		case 1:
			g.Name = r.String()
		case 2:
			g.Color = r.String()
		}
	}
	return g
}

func callTagsRow(ids []string) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) { w.Strings(1, ids) }
}

func decodeCallTags(r *rowcodec.Reader) (ids []string) {
	for r.Next() {
		if r.Field() == 1 {
			ids = append(ids, r.String())
		}
	}
	return ids
}
