package rows

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/avanter/voki/storage/internal/rowcodec"
)

// decodes returns why a row cannot be read.
func decodes[T any](k key, row []byte, decode func(*rowcodec.Reader) T) error {
	_, err := decodeRow(k, row, decode)
	return err
}

// call checks that a call is found by all that it holds.
func (c *checker) call(k key, p parts, row []byte) error {
	v, err := decodeRow(k, row, decodeCall)
	if err != nil {
		return err
	}
	v.Tenant, v.ID = p.texts[0], p.texts[1]
	c.listed[v.Tenant]++
	var errs []error
	for _, by := range orderedBy(nil, &v) {
		errs = append(errs, c.present(k, by))
	}
	return errors.Join(errs...)
}

// present checks that there is a row under other, as the row under k demands.
func (c *checker) present(k, other key) error {
	if row, err := c.t.get(other); row == nil || err != nil {
		return errors.Join(err, fmt.Errorf("row %s: there is no row %s", k.name(), other.name()))
	}
	return nil
}

// backed checks that k is one of the keys by which its call is found.
func (c *checker) backed(k key, tenant, id string) error {
	v, err := c.t.Call(tenant, id)
	switch {
	case errors.Is(err, rowcodec.ErrDamaged): // which is reported at the call's own row
	case err != nil:
		return fmt.Errorf("row %s: %w", k.name(), err)
	case !slices.ContainsFunc(orderedBy(nil, &v), func(by key) bool { return slices.Equal(by, k) }):
		return fmt.Errorf("row %s: the call is not, or no longer, to be found by it", k.name())
	}
	return nil
}

// event checks that the numbers of a tenant's log rise by one, that its head is the last, and that the event is found
// by its call.
func (c *checker) event(k key, p parts, row []byte) error {
	tenant, seq := p.texts[0], p.numbers[0]
	if c.tenant != tenant {
		c.tenant, c.seq = tenant, 0
	}
	var errs []error
	if seq != c.seq+1 {
		errs = append(errs, fmt.Errorf("row %s: event %d comes after event %d", k.name(), seq, c.seq))
	}
	c.seq = seq
	if head, _, err := read(c.t, keyOf(tableHead, tenant), decodeHead); err == nil && head < seq {
		errs = append(errs, fmt.Errorf("row %s: event %d is behind the head of the log, %d", k.name(), seq, head))
	}
	e, err := decodeRow(k, row, decodeEvent)
	if err == nil && e.CallID != "" {
		err = c.inTimeline(k, tenant, e.CallID, seq)
	}
	return errors.Join(append(errs, err)...)
}

// head checks that the log has its newest event.
func (c *checker) head(k key, p parts, row []byte) error {
	head, err := decodeRow(k, row, decodeHead)
	if err != nil {
		return err
	}
	return c.present(k, eventKey(p.texts[0], head))
}

// inTimeline checks that the timeline of a call has an event, as the row under k demands.
func (c *checker) inTimeline(k key, tenant, id string, seq uint64) error {
	has, err := c.t.inTimeline(tenant, id, seq)
	if errors.Is(err, rowcodec.ErrDamaged) { // which is reported at the timeline's own row
		return nil
	}
	if err == nil && !has {
		err = fmt.Errorf("row %s: the timeline of call %q has no event %d", k.name(), id, seq)
	}
	return err
}

// timeline checks that the log has the events, that they are of the call, and that none is in a row before.
func (c *checker) timeline(k key, p parts, row []byte) error {
	if of := k[:len(k)-8]; !bytes.Equal(of, c.of) {
		c.of, c.upTo = bytes.Clone(of), 0
	}
	list, err := timelineRow(k, row)
	if err != nil {
		return err
	}
	if list[0] <= c.upTo {
		err = fmt.Errorf("row %s: event %d comes after event %d", k.name(), list[0], c.upTo)
	}
	c.upTo = p.numbers[0]
	return errors.Join(err, c.events(k, p, list))
}

// recent checks the same of the newest events of a call.
func (c *checker) recent(k key, p parts) error {
	list, err := c.t.recent(k)
	if err != nil || len(list) == 0 {
		return err
	}
	of := keyOf(tableTimeline, p.texts[0], p.texts[1])
	err = c.t.each(of.number(list[0]), of.next(), func(other key, _ []byte) (bool, error) {
		return false, fmt.Errorf("row %s: there is row %s", k.name(), other.name())
	})
	return errors.Join(err, c.events(k, p, list))
}

// events checks that the log has events with these numbers, and that they are of the call of k.
func (c *checker) events(k key, p parts, list []uint64) error {
	errs := make([]error, 0, len(list))
	for _, seq := range list {
		errs = append(errs, c.reported(k, p, seq))
	}
	return errors.Join(errs...)
}

// note checks that a note can be read, and that the event under its number is one of the call. A tenant without a log
// has nothing to hold it against.
func (c *checker) note(k key, p parts, row []byte) error {
	err := decodes(k, row, decodeNote)
	if head, _ := c.t.get(keyOf(tableHead, p.texts[0])); head == nil {
		return err
	}
	return errors.Join(err, c.reported(k, p, p.numbers[0]))
}

// reported checks that the log has an event with the number, and that it is one of the call of k.
func (c *checker) reported(k key, p parts, seq uint64) error {
	e, found, err := read(c.t, eventKey(p.texts[0], seq), decodeEvent)
	switch {
	case errors.Is(err, rowcodec.ErrDamaged): // which is reported at the event's own row
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("row %s: the log has no event %d", k.name(), seq)
	case e.CallID != p.texts[1]:
		return fmt.Errorf("row %s: event %d is of call %q", k.name(), seq, e.CallID)
	}
	return nil
}

func (c *checker) file(k key, p parts, row []byte) error {
	f, err := decodeRow(k, row, decodeFile)
	if err != nil {
		return err
	}
	return c.present(k, keyOf(tableCallFile, p.texts[0], f.CallID, p.texts[1]))
}

func (c *checker) callFile(k key, p parts) error {
	f, found, err := read(c.t, keyOf(tableFile, p.texts[0], p.texts[2]), decodeFile)
	switch {
	case errors.Is(err, rowcodec.ErrDamaged): // which is reported at the file's own row
	case err != nil:
		return err
	case !found || f.CallID != p.texts[1]:
		return fmt.Errorf("row %s: the call has no such file", k.name())
	}
	return nil
}
