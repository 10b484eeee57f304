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
	for _, by := range jobOrderedBy(&j) {
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
	case !slices.ContainsFunc(jobOrderedBy(&j), func(by key) bool { return slices.Equal(by, k) }):
		return fmt.Errorf("row %s: the job is not, or no longer, to be found by it", k.name())
	}
	return nil
}

// due checks a place of a job, and that it has been noted as the first of its target if it is.
func (c *checker) due(k key) error {
	p, err := parsePlace(k)
	if err != nil {
		return err
	}
	errs := []error{c.jobBacked(k, p.tenant, p.id)}
	if of := p.ofTarget(); !slices.Equal(of, c.target) { // keys rise
		c.target = of
		errs = append(errs, c.isFirst(k, p), c.present(k, p.turn()))
	}
	return errors.Join(errs...)
}

// isFirst checks that p, which k tells of, is what the row of its target says.
func (c *checker) isFirst(k key, p place) error {
	first, err := c.t.firstOf(p)
	switch {
	case errors.Is(err, rowcodec.ErrDamaged): // which is reported at the target's own row
	case err != nil:
		return err
	case first == nil || *first != p:
		return fmt.Errorf("row %s: row %s says otherwise", k.name(), p.first().name())
	}
	return nil
}

// first checks that the first job of a target waits there.
func (c *checker) first(k key, p parts, row []byte) error {
	first, err := decodeRow(k, row, decodeFirst)
	if err != nil {
		return err
	}
	first.queue, first.tenant, first.target = p.texts[0], p.texts[1], p.texts[2]
	return c.present(k, first.due())
}

// turn checks that a job with a turn is the first of its target.
func (c *checker) turn(k key) error {
	p, err := parseTurn(k)
	if err != nil {
		return err
	}
	return c.isFirst(k, p)
}
