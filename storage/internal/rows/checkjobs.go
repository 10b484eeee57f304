package rows

import (
	"errors"
	"fmt"
	"slices"

	"github.com/avanter/voki/storage/internal/rowcodec"
)

// job checks that a job is found by all that it holds.
func (c *checker) job(k key, p parts, row []byte) error {
	j, err := decodeRow(k, row, decodeJob)
	if err != nil {
		return err
	}
	j.Tenant, j.ID = p.texts[0], p.texts[1]
	var errs []error
	for _, by := range jobOrderedBy(j) {
		errs = append(errs, c.present(k, by))
	}
	return errors.Join(errs...)
}

// jobBacked checks that k is one of the keys by which its job is found.
func (c *checker) jobBacked(k key, tenant, id string) error {
	j, err := c.t.Job(tenant, id)
	switch {
	case errors.Is(err, rowcodec.ErrDamaged): // which is reported at the job's own row
	case err != nil:
		return fmt.Errorf("row %s: %w", k.name(), err)
	case !slices.ContainsFunc(jobOrderedBy(j), func(by key) bool { return slices.Equal(by, k) }):
		return fmt.Errorf("row %s: the job is not, or no longer, to be found by it", k.name())
	}
	return nil
}
