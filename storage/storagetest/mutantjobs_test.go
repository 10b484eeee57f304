package storagetest

import (
	"slices"
	"time"

	"github.com/avanter/voki/call/follow"
)

// jobMutants are the ways in which a store is likely to be wrong about jobs.
func jobMutants() []mutant {
	return []mutant{
		{"forgets the tries of a job", "Jobs", inPutJob(func(_ *model, j *follow.Job) { j.Tries = nil })},
		{"keeps the due time of a lane's next", "Jobs", inPutJob(func(m *model, j *follow.Job) {
			if j.Due.IsZero() {
				j.Due = m.jobs[key(j.Tenant, j.ID)].Due
			}
		})},
		{"keeps the job's own slice", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.putJob = func(j follow.Job) error { m.jobs[key(j.Tenant, j.ID)] = j; return nil }
		})},
		{"deletes jobs of all tenants", "Isolation", inTx(func(tx *mutatedTx, m *model) {
			tx.deleteJob = func(_, id string) error {
				for k := range m.jobs {
					if k.ID == id {
						delete(m.jobs, k)
					}
				}
				return nil
			}
		})},
		{"takes a cursor at 0 for none", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.cursor = func(queue, tenant string) (uint64, bool, error) {
				seq, _, err := m.Cursor(queue, tenant)
				return seq, seq > 0, err
			}
		})},
		{"gives jobs that are not due yet", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, busy []follow.Target, limit int) ([]follow.Job, error) {
				return m.DueJobs(queue, until.Add(time.Microsecond), busy, limit)
			}
		})},
		{"limits due jobs before it leaves out busy targets", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, busy []follow.Target, limit int) ([]follow.Job, error) {
				jobs, err := m.DueJobs(queue, until, nil, limit)
				return slices.DeleteFunc(jobs, func(j follow.Job) bool {
					return j.Target != "" && slices.Contains(busy, follow.Target{Tenant: j.Tenant, Name: j.Target})
				}), err
			}
		})},
		{"takes a target for busy in all tenants", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, busy []follow.Target, limit int) ([]follow.Job, error) {
				everywhere := slices.Clone(busy)
				for _, t := range busy {
					everywhere = append(everywhere, follow.Target{Tenant: "globex", Name: t.Name})
				}
				return m.DueJobs(queue, until, everywhere, limit)
			}
		})},
		{"takes what is pending for running", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.running = func(queue string, limit int) ([]follow.Job, error) {
				return m.DueJobs(queue, endOfTime, nil, limit)
			}
		})},
		{"leaves ended jobs in their lane", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.laneJobs = func(tenant, lane string, limit int) ([]follow.Job, error) {
				return m.pickJobs(func(j follow.Job) bool { return lane != "" && j.Tenant == tenant && j.Lane == lane },
					compareLane, limit), nil
			}
		})},
		{"orders a lane by id", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.laneJobs = func(tenant, lane string, limit int) ([]follow.Job, error) {
				jobs, err := m.LaneJobs(tenant, lane, everyRow)
				slices.SortFunc(jobs, compareJobs)
				return first(jobs, limit), err
			}
		})},
		{"limits jobs before it filters them", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.jobs = func(tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error) {
				jobs, err := m.Jobs(tenant, follow.Filter{}, after, limit)
				return slices.DeleteFunc(jobs, func(j follow.Job) bool { return !f.Matches(j) }), err
			}
		})},
		{"gives ended jobs of all queues", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.endedJobs = func(_ string, before time.Time, limit int) (all []follow.Key, err error) {
				for _, queue := range []string{"q", "r", "c", "d"} {
					ended, _ := m.EndedJobs(queue, before, limit)
					all = append(all, ended...)
				}
				return first(all, limit), nil
			}
		})},
	}
}

// inPutJob changes what is written of a job.
func inPutJob(change func(m *model, j *follow.Job)) func(s *naive) {
	return inTx(func(tx *mutatedTx, m *model) {
		tx.putJob = func(j follow.Job) error {
			change(m, &j)
			return m.PutJob(j)
		}
	})
}
