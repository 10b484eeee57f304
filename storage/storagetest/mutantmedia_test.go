package storagetest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
)

// mediaMutants are the ways in which a store is likely to be wrong about recordings.
func mediaMutants() []mutant {
	return []mutant{
		{"walks over recordings by the joined key", "Media", inTx(func(tx *mutatedTx, m *model) {
			tx.recorded = func(after call.Key, limit int) ([]media.Recording, error) {
				all, err := m.Recordings(after, everyRow)
				slices.SortFunc(all, func(a, b media.Recording) int {
					return cmp.Compare(a.Tenant+"/"+a.CallID, b.Tenant+"/"+b.CallID)
				})
				return first(all, limit), err
			}
		})},
		{"forgets the tracks on the way", "Media Model", inTx(func(tx *mutatedTx, m *model) {
			tx.recorded = func(after call.Key, limit int) ([]media.Recording, error) {
				all, err := m.Recordings(after, limit)
				for i := range all {
					all[i].Tracks = nil
				}
				return all, err
			}
		})},
		{"names the draft it goes on behind again", "Media", inTx(func(tx *mutatedTx, m *model) {
			tx.drafts = func(after call.Key, limit int) ([]media.Draft, error) {
				all, err := m.Drafts(call.Key{}, everyRow)
				all = slices.DeleteFunc(all, func(d media.Draft) bool { return compareKeys(key(d.Tenant, d.CallID), after) < 0 })
				return first(all, limit), err
			}
		})},
		{"keeps the parts of a draft", "Media", inTx(func(tx *mutatedTx, m *model) {
			tx.dropDraft = func(tenant, callID string) error {
				delete(m.drafts, key(tenant, callID))
				return nil
			}
		})},
		{"deletes the parts of calls whose id begins alike", "Media", inTx(func(tx *mutatedTx, m *model) {
			tx.dropDraft = func(tenant, callID string) error {
				delete(m.drafts, key(tenant, callID))
				m.parts = slices.DeleteFunc(m.parts, func(p media.Part) bool {
					return p.Tenant == tenant && strings.HasPrefix(p.CallID, callID)
				})
				return nil
			}
		})},
		{"orders parts by number alone", "Media", inTx(func(tx *mutatedTx, m *model) {
			tx.parts = func(tenant, callID string) ([]media.Part, error) {
				all, err := m.Parts(tenant, callID)
				slices.SortStableFunc(all, func(a, b media.Part) int { return cmp.Compare(a.N, b.N) })
				return all, err
			}
		})},
	}
}
