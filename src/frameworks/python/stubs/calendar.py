import luthier


class Calendar:
    def __init__(self, firstweekday=0):
        self.firstweekday = firstweekday


class HTMLCalendar(Calendar):
    def formatday(self, day, weekday):
        return ""

    def formatweek(self, theweek):
        for day in theweek:
            self.formatday(day[0], day[1])
        return ""

    def formatmonth(self, theyear, themonth, withyear=True):
        for week in self.monthdays2calendar(theyear, themonth):
            self.formatweek(week)
        return ""

    def formatyear(self, theyear, width=3):
        for month in luthier.unknown():
            self.formatmonth(theyear, month)
        return ""


class LocaleHTMLCalendar(HTMLCalendar):
    pass
