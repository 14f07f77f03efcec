from django.db import migrations, models


class Migration(migrations.Migration):
    """A person who is talked to has a level of risk and a plan for it; the keeping is handed over by two signatures."""

    dependencies = [("matters", "0010_by_itself")]
    operations = [
        migrations.AddField("presence", "risk", models.CharField(blank=True, choices=[("low", "低"), ("medium", "中"), ("high", "高")], db_default="", default="", help_text="mood and safety as assessed by a person", max_length=8)),
        migrations.AddField("presence", "safety_plan", models.TextField(blank=True, db_default="", default="", help_text="who accompanies, which care stands by, to whom he is handed back")),
        migrations.AlterField("presenceentry", "kind", models.CharField(choices=[("rest", "休息"), ("meal", "饮食"), ("medical", "医疗检查"), ("talk", "谈话"), ("leave_offer", "告知可离开"), ("basis", "变更依据"), ("keeper", "看护交接")], max_length=16)),
    ]
