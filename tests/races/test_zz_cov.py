import sys
from collections import Counter
import tests.queueing.test_state_machine as m
C=Counter()
orig=m.Day.both
def both(self, model, database, scoped=True):
    import inspect
    name=inspect.stack()[1].function
    if name=='move': name=inspect.stack()[2].function
    try:
        r=orig(self, model, database, scoped)
    except BaseException as e:
        C[name,'ERR']+=1; raise
    return r
R=m.Refused.__init__
def init(self,name):
    R(self,name); import inspect
    C[name, [f.function for f in inspect.stack()[1:6] if f.function in m.House.__dict__][-1]]+=1
m.Refused.__init__=init
import tests.queueing.model as mm
D=mm.Deed.__init__
def di(self,who,what,*a):
    C[what,'DONE']+=1; D(self,who,what,*a)
mm.Deed.__init__=di
m.Day.both=both
def test_x():
    try: m.test_database_and_model_agree_on_days_nobody_would_think_of()
    finally:
        for k,v in sorted(C.items()): print(k,v)
