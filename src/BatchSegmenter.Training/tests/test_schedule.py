import unittest

from batchsegmenter_training.schedule import Schedule


class ScheduleTests(unittest.TestCase):
    def test_the_rate_warms_up_and_comes_down_to_zero(self):
        schedule = Schedule(2.0, steps=100)
        rates = [schedule.rate(schedule.fraction(step)) for step in range(101)]
        self.assertGreater(rates[0], 0)
        self.assertEqual(max(rates), rates[5])
        self.assertAlmostEqual(rates[5], 2.0)
        self.assertEqual(rates[:6], sorted(rates[:6]))
        self.assertEqual(rates[5:], sorted(rates[5:], reverse=True))
        self.assertAlmostEqual(rates[100], 0.0)

    def test_minutes_follow_the_clock_and_keep_time_back_for_the_last_validation(self):
        now = [50.0]
        schedule = Schedule(1.0, minutes=2, clock=lambda: now[0])
        now[0] = 110.0
        self.assertAlmostEqual(schedule.fraction(12345), 0.5)
        schedule.reserve = 20.0
        self.assertAlmostEqual(schedule.fraction(0), 0.6)
        now[0] = 150.0
        self.assertEqual(schedule.fraction(0), 1.0)

    def test_exactly_one_budget_is_demanded(self):
        for arguments in ({}, {"steps": 1, "minutes": 1}):
            with self.assertRaises(ValueError):
                Schedule(1.0, **arguments)


if __name__ == "__main__":
    unittest.main()
